import type { Json } from '../text/json-tree.ts';
import type { Source } from '../text/source.ts';

/** The text of a JSON file with an object at the end of a list, written as its other items are. Null for an empty list. */
export function withItem({ text }: Source, list: Json, item: object): string | null {
  const last = list.items.at(-1);
  if (list.type !== 'array' || last === undefined) return null;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const margin = marginAt(text, last.start);
  const [member] = last.members.values();
  const inner = member === undefined ? null : marginAt(text, member.start);
  const isOneLine = margin === null || inner === null || inner.length <= margin.length;
  const written = isOneLine ? JSON.stringify(item) : JSON.stringify(item, null, inner.slice(margin.length));
  const lines = written.split('\n').join(`${newline}${margin ?? ''}`);
  return `${text.slice(0, last.end)},${margin === null ? ' ' : `${newline}${margin}`}${lines}${text.slice(last.end)}`;
}

/** The white space before the first thing in the line of an offset; null if the item of the list is not that. */
function marginAt(text: string, offset: number): string | null {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const margin = /^[ \t]*/.exec(line)?.[0] ?? '';
  return margin.length === line.length || line.slice(margin.length).startsWith('"') ? margin : null;
}
