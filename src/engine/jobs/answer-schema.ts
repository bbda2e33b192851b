import { z } from 'zod';

/** A shape as JSON Schema: what an order says of its answer is plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A shape as data. Only what JSON Schema can say of it comes through. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** The shape again. Properties that it does not name are let through: who asked reads the answer with the shape itself. */
export function fromJsonSchema(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(schema);
}
