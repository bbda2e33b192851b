import { z } from 'zod';
import { usageSchema } from '../money/bill.ts';

/*
 * The shapes of answer events, as far as they are read here. Unknown fields and unknown types of events, blocks and
 * deltas are accepted, since the API may grow.
 */

const others = (...known: readonly string[]): z.ZodType =>
  z.looseObject({ type: z.string().refine((type) => !known.includes(type)) });
const block = z.union([
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string() }),
  others('text', 'thinking', 'tool_use'),
]);
const delta = z.union([
  z.looseObject({ type: z.literal('text_delta'), text: z.string() }),
  z.looseObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.looseObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
  others('text_delta', 'thinking_delta', 'input_json_delta'),
]);
const index = z.int().min(0);
const message = { content: z.array(block), usage: usageSchema };

const shapes: ReadonlyMap<unknown, z.ZodType> = new Map<unknown, z.ZodType>([
  ['message', z.object(message)],
  ['message_start', z.object({ message: z.object(message) })],
  ['content_block_start', z.object({ index, content_block: block })],
  ['content_block_delta', z.object({ index, delta })],
  ['message_delta', z.object({ delta: z.object({ stop_reason: z.string().nullish() }), usage: usageSchema })],
]);

/** The problem of a stream event or whole message; null for none. */
export function faultOf(event: object): string | null {
  const type = 'type' in event ? event.type : undefined;
  const { error } = shapes.get(type)?.safeParse(event) ?? {};
  const [issue] = error?.issues ?? [];
  return issue ? `"${issue.path.join('.')}" of its ${String(type)} does not match the API` : null;
}
