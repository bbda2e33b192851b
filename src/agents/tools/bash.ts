import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { WorkspaceHandle } from '../../model/agent.ts';
import { uniqueFolder } from './scratch.ts';
import { defineTool, maxResultChars, ok, wrong } from './tool.ts';

/** Saves a long output in the scratch folder; returns its path inside, null if it is short enough to show. */
async function keep(workspace: WorkspaceHandle, text: string): Promise<string | null> {
  if (text.length <= maxResultChars) return null;
  const folder = await uniqueFolder(workspace, 'output');
  const file = path.join(folder, 'all.txt');
  await writeFile(file, text);
  await workspace.own([file]);
  return workspace.inside(path.join(workspace.scratch, path.basename(folder), 'all.txt'));
}

/** Runs a command in the sandbox; the result is its exit code and output. */
export const bashTool = defineTool({
  name: 'bash',
  description: 'Runs a shell command in the root of the workspace. There is no terminal and no standard input.',
  access: 'write',
  schema: z.object({
    command: z.string().min(1),
    timeoutSeconds: z.int().min(1).max(3600).optional().describe('Default 120.'),
  }),
  summary: (input) => input.command,
  async run(input, { workspace, signal }) {
    const result = await workspace.exec(input.command, {
      timeoutMs: (input.timeoutSeconds ?? 120) * 1000,
      signal,
      isStep: true,
    });
    const end = result.timedOut
      ? 'time limit'
      : result.signal === null
        ? `exit ${result.exitCode ?? '?'}`
        : `killed by ${result.signal}`;
    const text = `${result.output.trimEnd()}\n[${end}]`.trimStart();
    const whole = await keep(workspace, text);
    return result.exitCode === 0 ? ok(text, whole) : wrong(text, whole);
  },
});
