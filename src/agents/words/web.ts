import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { AgentEvent, Order } from '../../model/agent.ts';

/*
 * The web, as far as an agent may see it: the model's provider searches and fetches; nothing does it here, and nothing
 * in a sandbox does. What comes back is told, so that what an agent cites can be compared with what it was shown.
 */

/** Searches and fetches that one request may make, and tokens that one of them is taken to bring. */
export const perRequest = { searches: 3, fetches: 2, tokensEach: 20_000 } as const;

/**
 * The provider's own tools, in their first versions: every model that searches takes them, and calls them itself, where
 * later ones would be called by code that the provider runs. Addresses that stand in files are not fetched, only those
 * that a search brought or that stand in a brief (where `defang` leaves those of the unit alone): nothing can have what
 * an agent knows sent to an address of its choice.
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

/** What an order's agent gets of it. */
export function webTools(order: Pick<Order, 'tools'>, canSearch: boolean): readonly Anthropic.ToolUnion[] {
  return canSearch && maySeeWeb(order) ? tools : [];
}

const shown = z.object({ url: z.string(), title: z.string().nullish() });
const failure = z.object({ type: z.string().endsWith('_error') });
/** Blocks of a reply that tell of the provider's tools; what has another shape tells nothing. */
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

/** What the provider's tools did in a reply: calls, and what they brought. */
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

/** Addresses in a text, each once, without the punctuation behind them. */
export function addressesIn(text: string): string[] {
  const found = text.match(addressPattern) ?? [];
  return [...new Set(found.map(withoutTail))];
}

function withoutTail(url: string): string {
  const plain = url.replace(/[.,;:!?*_\]]+$/, '');
  // A closing bracket is the text's, unless the address opened it.
  const isOpen = plain.split('(').length >= plain.split(')').length;
  return plain.endsWith(')') && !isOpen ? withoutTail(plain.slice(0, -1)) : plain;
}

/** Of the addresses that a text cites, those that are none of these; a fragment and a slash at the end do not count. */
export function unseenIn(text: string, seen: Iterable<string>): string[] {
  const known = new Set([...seen].map(plainAddress));
  return addressesIn(text).filter((url) => !known.has(plainAddress(url)));
}

/**
 * A text whose addresses nobody fetches any more, but for these: what agents wrote, or files say, may have been put
 * together to carry something out.
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
