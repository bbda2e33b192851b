import type { z } from 'zod';
import type { Tool, ToolContext, ToolResult } from '../../model/agent.ts';

/** Maximum characters of a tool's result for the model. */
export const maxResultChars = 30_000;

/** A successful result; text that is too long loses its middle. `whole`: path of the full text. */
export function ok(text: string, whole: string | null = null): ToolResult {
  return { text: cut(text, whole), isError: false };
}

/** A failed result; the text tells the model why. */
export function wrong(text: string, whole: string | null = null): ToolResult {
  return { text: cut(text, whole), isError: true };
}

function cut(text: string, whole: string | null): string {
  if (text.length <= maxResultChars) return text;
  const half = maxResultChars / 2;
  const where = whole === null ? '' : `; full text in ${whole}`;
  return `${text.slice(0, half)}\n[… ${text.length - maxResultChars} characters cut${where} …]\n${text.slice(-half)}`;
}

/** The code of an error, without paths outside of the box. */
function whyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'unexpected error';
}

/**
 * Types a tool's functions by its schema. Anything they throw becomes a failed result, so it never ends the attempt.
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
