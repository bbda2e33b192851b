import type { Source } from '../text/source.ts';
import type { YamlPlaces, YamlValue } from '../text/yaml-places.ts';
import type { Mark } from './mark.ts';
import { statusWords } from './statuses.ts';

/** The statuses that a mark writes: of finished work, and of new work. */
export interface StatusNames {
  readonly done: string;
  readonly open: string;
}

/** What a status in YAML says. */
export interface StatusMeaning {
  readonly isDone: boolean;
  /** See `Mark.of`. */
  readonly of: string;
  readonly statuses: StatusNames;
  /** The words of a status that are written; a remark behind them stays. @default statusWords */
  readonly wordsOf?: (status: string) => string;
}

/**
 * The mark of a unit by a status in YAML, in its own quotes; null if there is no map for it. A missing status is inserted. One
 * that cannot be written for this key alone is a mark that changes nothing.
 */
export function statusMark(
  source: Source,
  places: YamlPlaces,
  meaning: StatusMeaning,
  path: readonly string[] = ['status'],
): Mark | null {
  const { file, text } = source;
  const { of, statuses } = meaning;
  const member = places.member(...path);
  if (member?.value) return valueMark(source, member.value, meaning);
  if (member !== null)
    return { file, start: member.key, end: member.key, isDone: meaning.isDone, done: '', open: '', of };
  const { gap } = places;
  if (gap === null || path.length > 1) return null;
  const eol = text.startsWith('\r', gap.offset) ? '\r\n' : '\n';
  const inserted = `${gap.before.replace('\n', eol)}status: ${plain(statuses.done)}`;
  return { file, start: gap.offset, end: gap.offset, isDone: false, done: inserted, open: '', of };
}

function valueMark({ file, text }: Source, value: YamlValue, meaning: StatusMeaning): Mark {
  const { isDone, of, statuses, wordsOf = statusWords } = meaning;
  const { quote } = value;
  const said = value.text;
  const lead = said.length - said.trimStart().length;
  const words = wordsOf(said.trim());
  const [head, remark] = [said.slice(0, lead + words.length), said.slice(lead + words.length)];
  const raw = text.slice(value.start, value.end);
  // With an escape, a fold or a reference before its end, the value is written as a whole.
  const isLiteral = head !== '' && raw.startsWith(head) && !/[\\'"\n]/.test(head);
  const isAlone = isLiteral && (quote !== '' || isPlain(statuses.done));
  const start = value.start + (isAlone ? lead : 0);
  const end = isAlone ? start + words.length : value.end;
  const written = (status: string): string =>
    isAlone ? inside(status, quote) : spaced(inside(`${status}${remark.trimEnd()}`, quote), text, start, end);
  const open = isDone ? written(statuses.open) : text.slice(start, end);
  return { file, start, end, isDone, done: written(statuses.done), open, of };
}

/** A text in a value's quotes, or in its own where it needs them. */
function inside(status: string, quote: YamlValue['quote']): string {
  if (quote === "'") return status.replaceAll("'", "''");
  if (quote === '"') return JSON.stringify(status).slice(1, -1);
  return quote === 'block' ? status.replace(/\s+/g, ' ') : plain(status);
}

function plain(status: string): string {
  return isPlain(status) ? status : JSON.stringify(status);
}

function isPlain(status: string): boolean {
  return /^\p{L}[\p{L}\p{M}\p{N} '_/-]*$/u.test(status) && !/^(?:null|true|false)$/i.test(status);
}

/** A value with blanks around it, where an empty one has none. */
function spaced(value: string, text: string, start: number, end: number): string {
  if (start !== end) return value;
  return `${/[:?-]/.test(text[start - 1] ?? '') ? ' ' : ''}${value}${text[end] === '#' ? ' ' : ''}`;
}
