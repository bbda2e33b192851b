import { z } from 'zod';
import { defineTool, ok, wrong } from './tool.ts';

/** Runs a command in the sandbox; its exit code and output are the result. */
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
    return result.exitCode === 0 ? ok(text) : wrong(text);
  },
});
