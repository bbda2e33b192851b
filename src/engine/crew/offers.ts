import type { z } from 'zod';
import { ownNames } from '../../agents/loop/tool-calls.ts';
import type { OrderTool, ToolResult } from '../../model/agent.ts';
import { inputError } from '../../model/diagnostic.ts';
import { type JsonSchema, toJsonSchema } from '../jobs/answer-schema.ts';
import type { Offer } from '../jobs/job.ts';

/** A tool that runs in this process, for an agent that may run elsewhere. */
export interface OfferedTool extends Omit<OrderTool, 'schema' | 'run'> {
  readonly schema: z.ZodType;
  /**
   * `input` matches the schema; `signal` aborts when the agent ends. An `InputError`, and an `Interrupted` of a run that
   * stops, are told to the agent; other errors end the run.
   */
  run(input: unknown, signal: AbortSignal): Promise<ToolResult>;
}

/** What models take as the name of a tool. */
const names = /^[A-Za-z0-9_-]{1,64}$/;

/** Offered tools as data for an order with read access. Throws an `InputError` for one that cannot be offered. */
export function offersOf(tools: readonly OfferedTool[]): Offer[] {
  const taken = new Set(ownNames);
  return tools.map(({ name, description, access, schema }) => {
    const refused = (why: string, hint: string): Error => inputError('bad-offer', `the tool "${name}" ${why}`, hint);
    const plain = name.toLowerCase();
    if (!names.test(name))
      throw refused('cannot be offered under this name', 'Use 1 to 64 letters, digits, dashes and underscores.');
    if (taken.has(plain))
      throw refused('cannot be offered: there is another one with this name', `Use none of ${[...taken].join(', ')}.`);
    if (access !== 'read')
      throw refused('cannot be offered: it writes, and the agent only reads', 'Offer tools with the access "read".');
    taken.add(plain);
    return { name, description, access, schema: schemaOf(schema, (why) => refused(why, schemaHint)) };
  });
}

const schemaHint = 'Use an object of strings, numbers, booleans, arrays and objects.';

/** The schema of an input or an answer. Throws the error of `refused` if a model cannot be given it. */
export function schemaOf(schema: z.ZodType, refused: (why: string) => Error): JsonSchema {
  let found: JsonSchema;
  try {
    found = toJsonSchema(schema);
  } catch (error) {
    throw refused(`has a schema that JSON Schema cannot express: ${(error as Error).message}`);
  }
  if (found['type'] !== 'object') throw refused('has a schema that is not of an object');
  return found;
}
