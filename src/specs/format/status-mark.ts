import type { Split } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import type { Mark } from './mark.ts';

/** The statuses that a mark writes: of finished work, and of new work. */
export interface StatusNames {
  readonly done: string;
  readonly open: string;
}

/** The offset of the line of a key at the top level; null without one. */
export function keyOffset({ yaml, yamlOffset }: Pick<Split, 'yaml' | 'yamlOffset'>, key: string): number | null {
  const found = new RegExp(`^${key}:`, 'm').exec(yaml ?? '');
  return found ? yamlOffset + found.index : null;
}

/** The mark of a unit by its status; null without front matter. A missing status is inserted. */
export function statusMark(
  { file, text }: Source,
  split: Pick<Split, 'yaml' | 'yamlOffset'>,
  { isDone, of, statuses }: { readonly isDone: boolean; readonly of: string; readonly statuses: StatusNames },
): Mark | null {
  const { yaml, yamlOffset } = split;
  if (yaml === null || yaml === '') return null;
  const line = keyOffset(split, 'status');
  if (line === null) {
    const end = yamlOffset + yaml.length;
    const eol = text.startsWith('\r', end) ? '\r\n' : '\n';
    return { file, start: end, end, isDone: false, done: `${eol}status: ${written(statuses.done, '')}`, open: '', of };
  }
  const [, before = '', quote = ''] = /^(status:[^\S\n]*)(["']?)/.exec(text.slice(line)) ?? [];
  const start = line + before.length + quote.length;
  const rest = /^[^\r\n]*/.exec(text.slice(start, start + 500))?.[0] ?? '';
  const end = quote === '' ? rest.replace(/(?:^|\s+)#.*$/, '').trimEnd().length : rest.indexOf(quote);
  if (end < 0) return null;
  const space = before.endsWith(':') ? ' ' : '';
  const [done, open] = [statuses.done, statuses.open].map((status) => `${space}${written(status, quote)}`);
  const now = rest.slice(0, end);
  return { file, start, end: start + end, isDone, done: done ?? '', open: isDone ? (open ?? '') : now, of };
}

/** A status as YAML, in quotes of a kind that are there already, or in its own where it needs them. */
function written(status: string, quote: string): string {
  if (quote === "'") return status.replaceAll("'", "''");
  const quoted = JSON.stringify(status);
  if (quote === '"') return quoted.slice(1, -1);
  return /^\p{L}[\p{L}\p{M}\p{N} '_/-]*$/u.test(status) ? status : quoted;
}
