import type { UnitSpec } from '../../model/unit.ts';

/** The most files that are listed for a unit. */
const most = 20;

/**
 * The files that a unit's text names and that exist, in the order of the text, at most 20. They tell where to look; they
 * never limit what a unit may change.
 */
export function namedFiles(
  { title, body, criteria }: Pick<UnitSpec, 'title' | 'body' | 'criteria'>,
  files: ReadonlySet<string>,
): string[] {
  const found = new Set<string>();
  for (const word of wordsLikePaths([title, body, ...criteria.map(({ text }) => text)].join('\n'))) {
    if (files.has(word)) found.add(word);
    if (found.size === most) break;
  }
  return [...found];
}

/** True if a unit's text may name files. */
export function mayNameFiles({ title, body, criteria }: Pick<UnitSpec, 'title' | 'body' | 'criteria'>): boolean {
  return [title, body, ...criteria.map(({ text }) => text)].some((text) =>
    /[\w)\]]\.[A-Za-z]\w{0,9}\b|\w\/\w/.test(text),
  );
}

/** Words with a dot or a slash, without what leads to a line of the file. */
function* wordsLikePaths(text: string): Iterable<string> {
  for (const [word] of text.matchAll(/[^\s`"'()<>|,;]{1,300}/g)) {
    if (!/[./]/.test(word)) continue;
    yield word
      .replace(/^(?:\.\/)+|^[[*_]+/, '')
      .replace(/(?:#L?\d+.*|:\d+(?:[:-]\d+)*)$/, '')
      .replace(/[.:\]*_!?]+$/, '');
  }
}
