import type Anthropic from '@anthropic-ai/sdk';
import type { AgentEvent, Order } from '../model/agent.ts';

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

/** A block of a reply, as far as this knows its kinds. */
type Block = { readonly type: string };

/** What the provider's tools did in a reply: calls, and what they brought. */
export function webEvents(content: readonly Block[]): AgentEvent[] {
  const blocks = content as readonly Anthropic.ContentBlock[];
  return blocks.flatMap((block): AgentEvent[] => {
    switch (block.type) {
      case 'server_tool_use': {
        const input = block.input as { readonly query?: unknown; readonly url?: unknown };
        const asked = input.query ?? input.url;
        const summary = typeof asked === 'string' ? asked : '';
        const answer = blocks.find((one) => 'tool_use_id' in one && one.tool_use_id === block.id);
        return [{ type: 'tool', name: block.name, summary, isError: answer !== undefined && hasFailed(answer) }];
      }
      case 'web_search_tool_result':
        return Array.isArray(block.content)
          ? block.content.map(({ url, title }) => ({ type: 'source', url, title }) as const)
          : [];
      case 'web_fetch_tool_result': {
        if (block.content.type !== 'web_fetch_result') return [];
        const { url, content: page } = block.content;
        return [{ type: 'source', url, title: page.title ?? '' }];
      }
      default:
        return [];
    }
  });
}

function hasFailed(block: Block): boolean {
  const { content } = block as { readonly content?: { readonly type?: unknown } };
  return typeof content?.type === 'string' && content.type.endsWith('_error');
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
