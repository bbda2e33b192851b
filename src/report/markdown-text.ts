import { printable, printableLine } from '../util/text/printable.ts';

/*
 * Escapes foreign text for Markdown. All text of specs, agents, programs and providers goes through here: it is shown, and
 * never becomes markup, a link or something that a viewer loads.
 */

/** Text that a viewer such as GitHub's turns into a link without markup: URLs, mail addresses, mentions, issues by name. */
const address =
  /(?<!\w)(?:GH-|[!&])\d+|(?:[a-z][a-z0-9+.-]{0,30}:\/\/|www\.|mailto:|xmpp:)\S*|[\w.+-]*@[\w-]+(?:[./][\w-]+)*/gi;
/** Characters with a meaning within a line, and an ampersand that begins an entity. */
const within = /[\\`*_[\]<>|~#]|&(?=#|\w+;)/g;
/** Characters with a meaning at the start of a line: lists, numbers, rules and underlines. */
const atBeginning = /^(?:[+=-]|\d+(?=[.)]))/;
const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/** One line of foreign text; its code spans stay code, and addresses become code. */
export function inline(text: string): string {
  const line = printableLine(text, 1000);
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, content } of codeSpans(line)) {
    parts.push(prose(line.slice(from, start)), code(content));
    from = end;
  }
  parts.push(prose(line.slice(from)));
  return joined(parts).replace(atBeginning, (sign) => (/\d/.test(sign) ? `${sign}\\` : `\\${sign}`));
}

/** Foreign text as inline code; characters that cannot be shown are replaced. */
export function code(text: string): string {
  const line = printableLine(text, 300);
  if (line === '') return '` `';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Foreign text of several lines as a code block. */
export function fenced(text: string): string {
  const clean = printable(text).trimEnd();
  const fence = '`'.repeat(Math.max(2, longestRun(clean)) + 1);
  return `${fence}text\n${clean}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

/** Code spans by CommonMark: a run of backticks up to the next one of the same length. */
function codeSpans(line: string): Span[] {
  const runs = [...line.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  const spans: Span[] = [];
  for (let index = 0; index < runs.length; index++) {
    const open = runs[index];
    if (!open) break;
    const closing = runs.findIndex((run, other) => other > index && run.length === open.length);
    const close = runs[closing];
    if (!close) continue;
    const content = line.slice(open.at + open.length, close.at);
    spans.push({ start: open.at, end: close.at + close.length, content });
    index = closing;
  }
  return spans;
}

function prose(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    parts.push(escaped(text.slice(from, match.index)), code(match[0]));
    from = match.index + match[0].length;
  }
  return joined([...parts, escaped(text.slice(from))]);
}

/** Adjacent code spans would be read as one. */
function joined(parts: readonly string[]): string {
  return parts.reduce(
    (before, next) => (before.endsWith('`') && next.startsWith('`') ? `${before} ${next}` : before + next),
    '',
  );
}

function escaped(text: string): string {
  return text.replace(within, (sign) => entities[sign] ?? `\\${sign}`);
}
