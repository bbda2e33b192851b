import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { AgentEvent, Order } from '../../model/agent.ts';

/*
 * Web access of agents. The model's provider searches and fetches; nothing here or in a sandbox does. Results are
 * emitted as events, so that citations can be compared with them.
 */

/** Maximum searches and fetches per request, and the assumed tokens of a result. */
export const perRequest = { searches: 3, fetches: 2, tokensEach: 20_000 } as const;

/**
 * The provider's tools in their first versions: all models with search support them and call them directly, while code
 * at the provider calls later versions. Only addresses from search results or the brief are fetched, not those in
 * files; `defang` disables all but the unit's own in a brief. So data cannot be sent to an address that an agent
 * composed.
 */
const tools: readonly Anthropic.ToolUnion[] = [
  {
    type: 'web_fetch_20250910',
    name: 'web_fetch',
    max_uses: perRequest.fetches,
    max_content_tokens: perRequest.tokensEach,
    url_sources: {
      client_tool_results: { type: 'none' },
      server_tool_results: { type: 'all' },
      user_input: { type: 'all' },
    },
  },
  { type: 'web_search_20250305', name: 'web_search', max_uses: perRequest.searches },
];

/** True for an order whose agent may see the web. */
export function maySeeWeb({ tools: granted }: Pick<Order, 'tools'>): boolean {
  return granted?.includes('web') ?? false;
}

/** The web tools of an order. */
export function webTools(order: Pick<Order, 'tools'>, canSearch: boolean): readonly Anthropic.ToolUnion[] {
  return canSearch && maySeeWeb(order) ? tools : [];
}

const shown = z.object({ url: z.string(), title: z.string().nullish() });
const failure = z.object({ type: z.string().endsWith('_error') });
/** Blocks of the provider's tools; other shapes are ignored. */
const blockSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('server_tool_use'),
    id: z.string(),
    name: z.string(),
    input: z.object({ query: z.string().optional(), url: z.string().optional() }),
  }),
  z.object({
    type: z.literal('web_search_tool_result'),
    tool_use_id: z.string(),
    content: z.union([failure, z.array(shown)]),
  }),
  z.object({
    type: z.literal('web_fetch_tool_result'),
    tool_use_id: z.string(),
    content: z.union([failure, shown.omit({ title: true }).extend({ content: shown.pick({ title: true }) })]),
  }),
]);

/** The provider's tool calls in a reply, and their results. */
export function webEvents(content: readonly unknown[]): AgentEvent[] {
  const blocks = content.flatMap((block) => blockSchema.safeParse(block).data ?? []);
  return blocks.flatMap((block): AgentEvent[] => {
    if (block.type === 'server_tool_use') {
      const { name, id, input } = block;
      const isError = blocks.some((one) => 'tool_use_id' in one && one.tool_use_id === id && 'type' in one.content);
      return [{ type: 'tool', name, summary: input.query ?? input.url ?? '', isError }];
    }
    const brought = block.content;
    if ('type' in brought) return [];
    if ('content' in brought) return [{ type: 'source', url: brought.url, title: brought.content.title ?? '' }];
    return brought.map(({ url, title }) => ({ type: 'source', url, title: title ?? '' }));
  });
}

const addressPattern = /https?:\/\/[^\s<>"'`|\\^{}]+/gi;

/** The distinct addresses in a text, without trailing punctuation. */
export function addressesIn(text: string): string[] {
  const found = text.match(addressPattern) ?? [];
  return [...new Set(found.map(withoutTail))];
}

function withoutTail(url: string): string {
  const plain = url.replace(/[.,;:!?*_\]]+$/, '');
  // A closing bracket belongs to the address only if it was opened there.
  const isOpen = plain.split('(').length >= plain.split(')').length;
  return plain.endsWith(')') && !isOpen ? withoutTail(plain.slice(0, -1)) : plain;
}

/** The addresses in a text that are not in `seen`; fragments and trailing slashes are ignored. */
export function unseenIn(text: string, seen: Iterable<string>): string[] {
  const known = new Set([...seen].map(plainAddress));
  return addressesIn(text).filter((url) => !known.has(plainAddress(url)));
}

/**
 * A text with its addresses made unfetchable, except for these: text of agents or files may contain an address composed
 * to leak data.
 */
export function defang(text: string, except: Iterable<string> = []): string {
  const live = new Set([...except].map(plainAddress));
  return text.replace(addressPattern, (found) =>
    live.has(plainAddress(withoutTail(found))) ? found : found.replace(/^http/i, 'hxxp'),
  );
}

function plainAddress(url: string): string {
  return url
    .replace(/#.*$/, '')
    .replace(/\/$/, '')
    .replace(/^https?:/i, 'https:');
}
