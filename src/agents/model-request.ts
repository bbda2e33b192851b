import { z } from 'zod';
import { perRequest } from './web.ts';

/*
 * What a program in a box may ask of a model: a proxy outside holds the key, so a request is all that is left to get
 * something out, or in. Everything that would make the model's host fetch, run or keep something for whoever asks is
 * refused; what is left is a conversation with the client's own tools.
 */

/** Where requests may go, by method and path. */
export const modelPaths: ReadonlySet<string> = new Set([
  'POST /v1/messages',
  'POST /v1/messages?beta=true',
  'POST /v1/messages/count_tokens',
  'POST /v1/messages/count_tokens?beta=true',
]);

const requestSchema = z.looseObject({
  model: z.string(),
  max_tokens: z.number().int().min(1).optional(),
  tools: z.array(z.looseObject({ type: z.string().nullish(), name: z.string().optional() })).optional(),
});

/** The provider's own search, which some orders may use. */
const searchType = /^web_search_\d{8}$/;

/** Keys that give the model's host work of its own. */
const forbiddenKeys = ['mcp_servers', 'container'];
/** Betas that do, too. */
const forbiddenBetas = /mcp|code-execution|files-api|web-|computer-use|skills/;

/** A request that may pass, as it is to be sent; or why not. */
export type Filtered =
  | {
      readonly body: string;
      readonly model: string;
      readonly maxTokens: number;
      /** True when the provider may search the web for it. */
      readonly searches: boolean;
    }
  | { readonly refused: string };

/**
 * Judges one request: only these models, no more output than this, tools of the client alone (and the provider's search,
 * for who may see the web), nothing by address.
 */
export function filterRequest(
  text: string,
  limits: { readonly models: readonly string[]; readonly maxTokens: number; readonly web: boolean },
): Filtered {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { refused: 'the body is no JSON' };
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) return { refused: 'the body is no request for messages' };
  const { data } = parsed;
  if (!limits.models.includes(data.model)) return { refused: `the model ${data.model.slice(0, 100)} is not allowed` };
  for (const key of forbiddenKeys) if (key in data) return { refused: `"${key}" is not allowed` };
  const isSearch = (tool: { readonly type?: string | null | undefined }): boolean =>
    limits.web && searchType.test(tool.type ?? '');
  for (const tool of data.tools ?? []) {
    if (tool.type !== undefined && tool.type !== null && tool.type !== 'custom' && !isSearch(tool))
      return { refused: `the tool ${tool.type.slice(0, 100)} would run on the model's host` };
  }
  const place = findForeign(data, 0);
  if (place !== null) return { refused: place };
  const maxTokens = Math.min(data.max_tokens ?? limits.maxTokens, limits.maxTokens);
  // Written anew from what was judged: a key that stands twice would mean one thing here and another there.
  const tools = data.tools?.map((tool) => (isSearch(tool) ? searchTool(tool) : tool));
  const body = {
    ...(json as object),
    ...(data.max_tokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(tools ? { tools } : {}),
  };
  return { body: JSON.stringify(body), model: data.model, maxTokens, searches: data.tools?.some(isSearch) ?? false };
}

/** A search as it may be asked for: so often, and by the model itself. */
function searchTool(tool: Readonly<Record<string, unknown>>): object {
  const asked = typeof tool['max_uses'] === 'number' ? tool['max_uses'] : perRequest.searches;
  const { type } = tool;
  const isOld = type === 'web_search_20250305'; // which nothing but the model calls
  return {
    ...tool,
    max_uses: Math.max(1, Math.min(asked, perRequest.searches)),
    ...(isOld ? {} : { allowed_callers: ['direct'] }),
  };
}

/** The betas that may be asked for. */
export function filterBetas(header: string): string {
  return header
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta, index, all) => beta !== '' && !forbiddenBetas.test(beta) && all.indexOf(beta) === index)
    .join(',');
}

/** Something that the model's host would fetch or look up, at any depth. */
function findForeign(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (depth > 64) return 'the body is nested too deeply';
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = findForeign(item, depth + 1);
      if (found !== null) return found;
    }
    return null;
  }
  const { type } = value as { type?: unknown };
  if (type === 'container_upload') return 'a file of a container is not allowed';
  const source = (value as { source?: unknown }).source;
  if (
    typeof source === 'object' &&
    source !== null &&
    'type' in source &&
    (source.type === 'url' || source.type === 'file')
  )
    return `a source by ${source.type === 'url' ? 'address' : 'file'} is not allowed`;
  for (const item of Object.values(value)) {
    const found = findForeign(item, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
