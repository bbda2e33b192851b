import path from 'node:path';
import type { ExecOptions, Order } from '../../model/agent.ts';
import type { ModelAccess, OpenAccess } from '../proxy/model-access.ts';
import { giveFile } from '../tools/scratch.ts';
import type { AcpPreset } from './acp-presets.ts';

/** Directs an ACP agent to the proxy's model, unless it has its own. */
export async function reachModel(
  { reach, access }: { readonly reach: AcpPreset['reach'] | null; readonly access: ModelAccess | null },
  { workspace, model, effort }: Order,
  open: OpenAccess | null,
): Promise<Required<Pick<ExecOptions, 'env' | 'doors'>>> {
  if (open === null || access === null) return { env: {}, doors: [] };
  const name = model ?? access.models[0] ?? '';
  const env = { ANTHROPIC_BASE_URL: open.url, ANTHROPIC_API_KEY: open.key };
  if (!reach) return { env, doors: open.doors };
  const reached = reach({ url: open.url, key: open.key, name, maxTokens: access.maxTokens, effort });
  for (const [file, text] of Object.entries(reached.files)) await giveFile(workspace, path.join('home', file), text);
  return { env: reached.env, doors: open.doors };
}
