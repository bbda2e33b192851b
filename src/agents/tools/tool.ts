import type { z } from 'zod';
import type { Tool, ToolContext, ToolResult } from '../../model/agent.ts';

/** Characters of a tool's result that a model is shown. */
export const maxResultChars = 30_000;

/** A result that went well; text that is too long loses its middle. `whole` says where all of it is. */
export function ok(text: string, whole: string | null = null): ToolResult {
  return { text: cut(text, whole), isError: false };
}

/** A result that tells the model what was wrong. */
export function wrong(text: string, whole: string | null = null): ToolResult {
  return { text: cut(text, whole), isError: true };
}

function cut(text: string, whole: string | null): string {
  if (text.length <= maxResultChars) return text;
  const half = maxResultChars / 2;
  const where = whole === null ? '' : `; all of it is in ${whole}`;
  return `${text.slice(0, half)}\n[… ${text.length - maxResultChars} characters cut${where} …]\n${text.slice(-half)}`;
}

/** What a model is told of an error: not where things lie outside of its box. */
function whyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'it cannot do that';
}

/**
 * Ties a tool's schema to the type that its functions get. Whatever is thrown over what a model asked, or over what lies
 * in its workspace, is a result that says so: it never ends the attempt.
 */
export function defineTool<T extends z.ZodType>(tool: {
  readonly name: string;
  readonly description: string;
  readonly access: 'read' | 'write';
  readonly schema: T;
  readonly summary: (input: z.output<T>) => string;
  readonly run: (input: z.output<T>, context: ToolContext) => Promise<ToolResult>;
}): Tool {
  return {
    ...tool,
    summary: (input) => tool.summary(tool.schema.parse(input)),
    async run(input, context) {
      try {
        return await tool.run(tool.schema.parse(input), context);
      } catch (error) {
        return wrong(`${tool.name} failed: ${whyOf(error)}.`);
      }
    },
  };
}
