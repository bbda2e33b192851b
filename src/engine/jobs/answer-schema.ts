import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema as plain data, as far as JSON Schema can express it. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** The schema of a JSON Schema. Unknown properties pass: the requester validates the answer with the original. */
export function fromJsonSchema(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(schema);
}
