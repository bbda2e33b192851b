/*
 * What a change of a history asks for of the texts of files, and how an agent that knows the history merges it with others.
 * Texts are latin1, so that any bytes survive.
 */

/** What must hold of a file after a change. */
export interface Need {
  /** The names that the file has in the history; any of them counts. */
  readonly paths: readonly string[];
  readonly isThere: boolean;
  /** Lines that are there, each with those that the history later has in its place: one of them is enough. */
  readonly has: readonly (readonly string[])[];
  readonly gone: readonly string[];
}

/** Lines that a change puts in the place of others. */
export interface Replaced {
  readonly path: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export const linesIn = (text: string | null): string[] => text?.split('\n') ?? [];
const wordsOf = (lines: readonly string[]): string[] => lines.filter((line) => line.trim() !== '');

/** What a check can ask for after a change of a file from one text to another; null if nothing tells them apart. */
export function needOf(paths: readonly string[], before: string | null, after: string | null): Need | null {
  const [was, is] = [new Set(wordsOf(linesIn(before))), new Set(wordsOf(linesIn(after)))];
  const has = [...is].filter((line) => !was.has(line)).map((line) => [line]);
  const gone = after === null ? [] : [...was].filter((line) => !is.has(line));
  const tells = (before === null) !== (after === null) || has.length + gone.length > 0;
  return tells ? { paths, isThere: after !== null, has, gone } : null;
}

/** What is left to ask for if a later change may be there as well. */
export function relaxed(need: Need, later: readonly Replaced[]): Need {
  let { has, gone } = need;
  for (const { path, removed, added } of later) {
    if (!need.paths.includes(path)) continue;
    const instead = wordsOf(added);
    has = has.flatMap((lines) => {
      if (!lines.some((line) => removed.includes(line))) return [lines];
      return instead.length === 0 ? [] : [[...lines, ...instead]];
    });
    gone = gone.filter((line) => !added.includes(line));
  }
  return { ...need, has, gone };
}

/** Whether a file is as a change wants it. */
export function holds(need: Need, read: (path: string) => string | null): boolean {
  const text = need.paths.map(read).find((one) => one !== null) ?? null;
  if (text === null || !need.isThere) return (text !== null) === need.isThere;
  const lines = new Set(linesIn(text));
  return need.has.every((some) => some.some((line) => lines.has(line))) && !need.gone.some((line) => lines.has(line));
}

/** A conflict in a text, as git marks it; `base` is empty if git does not show it. */
export interface Marked {
  readonly ours: string[];
  readonly base: string[];
  readonly theirs: string[];
}

export const hasMarkers = (text: string): boolean => /^<{7} /m.test(text) && /^>{7} /m.test(text);

/** The text with each conflict replaced. */
export function withConflicts(text: string, by: (conflict: Marked) => readonly string[]): string {
  const lines: string[] = [];
  let conflict: Marked | null = null;
  let side: keyof Marked = 'ours';
  for (const line of text.split('\n')) {
    if (conflict === null && line.startsWith('<<<<<<< '))
      [conflict, side] = [{ ours: [], base: [], theirs: [] }, 'ours'];
    else if (conflict === null) lines.push(line);
    else if (line.startsWith('>>>>>>> ')) {
      lines.push(...by(conflict));
      conflict = null;
    } else if (line.startsWith('||||||| ')) side = 'base';
    else if (line === '=======') side = 'theirs';
    else conflict[side].push(line);
  }
  return lines.join('\n');
}

/** A file in the history: its text after each unit that changes it, in order. */
export type Versions = readonly { readonly unit: string; readonly need: Need | null; readonly text: string | null }[];

/**
 * Resolves the conflicts in a text. If the changes in it are the first ones of the history, it is the file of then;
 * otherwise both sides of each conflict, without the lines that one of the changes takes away.
 */
export function resolve(text: string, unit: string, versions: Versions): string | null {
  const ours = withConflicts(text, (conflict) => conflict.ours);
  const made = versions.filter((one) => one.unit === unit || (one.need !== null && holds(one.need, () => ours)));
  const last = versions[made.length - 1];
  if (last && versions.slice(0, made.length).every((one) => made.includes(one))) return last.text;
  const gone = new Set(made.flatMap(({ need }) => need?.gone ?? []));
  return withConflicts(text, (conflict) => {
    const both = new Set(conflict.ours);
    const lines = [...conflict.ours, ...conflict.theirs.filter((line) => !both.has(line))];
    return lines.filter((line) => !gone.has(line));
  });
}
