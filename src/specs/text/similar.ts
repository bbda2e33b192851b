/*
 * Says whether two units ask for the same thing, by their words alone. Time is linear in the length of the texts, and, over
 * a whole folder, almost linear in the number of units.
 */

/** What a unit says. */
export interface Said {
  readonly title: string;
  /** As written, with the commands of checks. */
  readonly criteria: readonly string[];
}

/** A unit's words, folded: without case, accents, markup, endings, and words that say nothing. */
export interface Words {
  /** In the order of the title. */
  readonly title: readonly string[];
  readonly titleSet: ReadonlySet<string>;
  readonly criteria: ReadonlySet<string>;
}

/** Words without which a title asks for the same. */
const fillers: ReadonlySet<string> = new Set([
  ...['a', 'an', 'the', 'this', 'that', 'these', 'those', 'it', 'its', 'and', 'of', 'in', 'on', 'at', 'for', 'by'],
  ...['is', 'are', 'be', 'been', 'was', 'were', 'should', 'must', 'shall', 'will', 'can', 'we', 'please', 'also', 'so'],
]);

/** Words around which the order decides: from JSON to YAML is not from YAML to JSON. */
const relations: ReadonlySet<string> = new Set(
  ['to', 'from', 'into', 'onto', 'before', 'after', 'than', 'over', 'under', 'as', 'instead'].map(stemmed),
);

/** Words that turn the meaning. */
const turns: ReadonlySet<string> = new Set(
  ['not', 'no', 'never', 'none', 'without', 'except', 'unless', 'only', 'un', 'non'].map(stemmed),
);

/** The least part of all words that the criteria of two units with the same title have in common. */
const sameCriteria = 0.5;
/** The least part of all words that two units have in common, if only one of their titles says more. */
const sameWords = 0.9;

/** Folds the words of a unit. */
export function wordsOf({ title, criteria }: Said): Words {
  const words = folded(title);
  return { title: words, titleSet: new Set(words), criteria: new Set(criteria.flatMap(folded)) };
}

/**
 * True if two units ask for the same thing.
 *
 * - Their titles say the same: the same words after folding, in any order, unless a word such as "to" or "from" gives the
 *   order a meaning. If both have criteria, half of the words of those must be the same.
 * - Or one title says only more than the other, nothing that turns its meaning and no number, and nine tenths of all words
 *   are the same.
 *
 * If each title has a word that the other lacks ("GET users", "GET orders"), they are different, whatever their criteria say.
 */
export function areAlike(a: Words, b: Words): boolean {
  if (a.title.length === 0 || b.title.length === 0) return false;
  const [less, more] = a.titleSet.size <= b.titleSet.size ? [a, b] : [b, a];
  for (const word of less.titleSet) if (!more.titleSet.has(word)) return false;
  if (isOrdered(less) && !isInOrder(less.title, more.title)) return false;
  if (less.titleSet.size === more.titleSet.size)
    return a.criteria.size === 0 || b.criteria.size === 0 || agreement(a.criteria, b.criteria) >= sameCriteria;
  for (const word of more.titleSet) if (!less.titleSet.has(word) && (turns.has(word) || /\d/.test(word))) return false;
  return agreement(allOf(a), allOf(b)) >= sameWords;
}

/** The index of the first of `others` that asks for the same as `one`; -1 if there is none. */
export function firstAlike(one: Words, others: readonly Words[]): number {
  return others.findIndex((other) => areAlike(one, other));
}

/** The most units that one is compared with. */
const mostCompared = 100;

/** For each unit that asks for the same as an earlier one, the indices of the two: `[earlier, later]`. */
export function alikePairs(units: readonly Words[]): readonly (readonly [number, number])[] {
  const byWord = new Map<string, number[]>();
  for (const [index, { titleSet }] of units.entries())
    for (const word of titleSet) {
      const having = byWord.get(word);
      if (having === undefined) byWord.set(word, [index]);
      else having.push(index);
    }
  const earlierOf = new Map<number, number>();
  for (const [index, unit] of units.entries()) {
    // Each word of the shorter title is in both, so its rarest word finds all others.
    const rarest = [...unit.titleSet]
      .map((word) => byWord.get(word) ?? [])
      .reduce<readonly number[] | null>(
        (least, having) => (least && least.length <= having.length ? least : having),
        null,
      );
    for (const other of (rarest ?? []).slice(0, mostCompared)) {
      const that = units[other];
      if (other === index || that === undefined || !areAlike(unit, that)) continue;
      const [earlier, later] = [Math.min(index, other), Math.max(index, other)];
      earlierOf.set(later, Math.min(earlier, earlierOf.get(later) ?? earlier));
    }
  }
  return [...earlierOf].toSorted(([a], [b]) => a - b).map(([later, earlier]) => [earlier, later]);
}

function isOrdered({ titleSet }: Words): boolean {
  return [...relations].some((word) => titleSet.has(word));
}

/** True if `part` is in `whole` in its order, with other words between. */
function isInOrder(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const word of whole) if (word === part[at]) at++;
  return at === part.length;
}

/** The part of the words of both that is the same, from 0 to 1. */
function agreement(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let same = 0;
  for (const word of a) if (b.has(word)) same++;
  return (2 * same) / (a.size + b.size);
}

function allOf({ titleSet, criteria }: Words): Set<string> {
  return new Set([...titleSet, ...criteria]);
}

/** A word of a script without spaces is each pair of its letters. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function folded(text: string): string[] {
  const plain = text
    .slice(0, 10_000)
    .normalize('NFKD')
    .replace(/\p{Script=Latin}\p{M}+/gu, (letter) => letter.slice(0, 1))
    .normalize('NFC')
    .toLowerCase()
    .replace(/n[’']t\b/g, ' not')
    .replace(/[’']s\b/g, '');
  const words = plain.match(/[\p{L}\p{N}\p{M}]+|[+#]{1,2}(?![\p{L}\p{N}#+])/gu) ?? [];
  const said = words.filter((word) => !fillers.has(word));
  return (said.length === 0 ? words : said).flatMap((word) => (unspaced.test(word) ? pairsOf(word) : [stemmed(word)]));
}

function pairsOf(word: string): string[] {
  const letters = Array.from(word);
  return letters.length < 2 ? letters : letters.slice(1).map((letter, index) => `${letters[index] ?? ''}${letter}`);
}

/** Without the endings of English plurals and verbs. */
function stemmed(word: string): string {
  if (word.length < 4 || /[^a-z]/.test(word)) return word;
  const bare = word
    .replace(/ies$/, 'y')
    .replace(/(?<=[a-z]{3})(?:ing|ed)$/, '')
    .replace(/(?<=(?:s|x|z|ch|sh))es$/, '')
    .replace(/(?<=[^su])s$/, '')
    .replace(/(?<=[a-z]{3})e$/, '');
  return bare.replace(/([b-df-hj-np-tv-z])\1$/, '$1');
}
