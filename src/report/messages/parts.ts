import type { Message, MessageItem } from '../../model/hook-event.ts';
import { listSome } from '../../model/list-some.ts';
import { signs } from '../line.ts';

/** One item of a message as lines, and the command to type next. */
export interface Part {
  readonly lines: readonly string[];
  readonly command: string | null;
}

/** An item as lines of plain text, without any markup. */
export function partOf(item: MessageItem): Part {
  const names = item.units.length === 0 ? '' : `${listSome(item.units, 5)}: `;
  const more = item.holdsBack === null ? [] : [item.holdsBack];
  return {
    lines: [`${signs[item.sign]} ${names}${item.what}`, ...item.details, ...item.decide, ...more],
    command: item.command,
  };
}

/** As many parts as fit, each with its size, and a last line that counts the rest. */
export function fitting<T>(
  { items, left }: Message,
  render: (part: Part) => T,
  limit: { readonly size: number; readonly count: number; readonly sizeOf: (rendered: T) => number },
): { readonly shown: readonly T[]; readonly rest: string | null } {
  const shown: T[] = [];
  let size = 0;
  for (const item of items) {
    const one = render(partOf(item));
    size += limit.sizeOf(one);
    if (size > limit.size || shown.length >= limit.count) break;
    shown.push(one);
  }
  const count = items.length - shown.length + left;
  return { shown, rest: count === 0 ? null : `… and ${count} more; the report of the run has them.` };
}
