import { foldedKey } from '../../model/ids.ts';

/** A unit that others may refer to. */
export interface Named {
  readonly key: string;
  /** The name of its file, or its title. */
  readonly name: string;
  /** Its number among its neighbours; null without one. */
  readonly number: string | null;
}

/** Numbers after a word, such as "Tasks 1, 2 and 4-6" or "issue-08/09". */
const numbered =
  /\b(?:tasks?|steps?|issues?)[\s#-]*((?:\d+(?:\.\d+)*)(?:\s*(?:,|and|&|\/|-|–|to|through)\s*\d+(?:\.\d+)*(?![\w.-]*[a-z]))*)/i;

/**
 * The keys of the neighbours that a text waits for, in their order. A named unit that is not there stays as it is written; text that
 * names none, such as "None" or a library, gives nothing.
 */
export function referredIn(text: string, neighbours: readonly Named[], own: Named): string[] {
  const line = text.replace(/[*_`]/g, '').trim().slice(0, 1000);
  if (/^(?:none|no\b|n\/a|nothing|independent)/i.test(line)) return [];
  const others = (some: readonly Named[] = []): readonly Named[] => some.filter(({ key }) => key !== own.key);
  const before = /^all (?:previous|prior|preceding|earlier) (?:tasks|steps|issues)\b/i.test(line);
  if (before)
    return others(neighbours)
      .filter(({ number }) => valueOf(number) < valueOf(own.number))
      .map(({ key }) => key);
  const { byName, bySlug, byValue } = indexOf(neighbours);
  const word = /^[^\s(:,—]+/.exec(line)?.[0].replace(/\.md$/, '') ?? '';
  const [exact] = others(byName.get(word.toLowerCase()));
  if (exact) return [exact.key];
  const sluggish = others(bySlug.get(word.toLowerCase()));
  if (sluggish.length > 0) return sluggish.map(({ key }) => key);
  const found = numbered.exec(line)?.[1];
  if (found === undefined) return [];
  const slug = foldedKey(/\(([^()]*)\)/.exec(line)?.[1] ?? '');
  return numbersIn(found).flatMap((number) => {
    const same = others(byValue.get(valueOf(number)));
    const meant = slug === '' ? [] : same.filter(({ name }) => foldedKey(name).endsWith(slug));
    const keys = (meant.length > 0 ? meant : same).map(({ key }) => key);
    if (keys.length > 0 || valueOf(number) === valueOf(own.number)) return keys;
    return [/^issue-/i.test(word) ? word : number];
  });
}

/** Neighbours by their names in lower case, with and without a number before them, and by the values of their numbers. */
interface Index {
  readonly byName: ReadonlyMap<string, readonly Named[]>;
  readonly bySlug: ReadonlyMap<string, readonly Named[]>;
  readonly byValue: ReadonlyMap<number, readonly Named[]>;
}

const indices = new WeakMap<readonly Named[], Index>();

function indexOf(neighbours: readonly Named[]): Index {
  const known = indices.get(neighbours);
  if (known) return known;
  const index: Index = {
    byName: Map.groupBy(neighbours, ({ name }) => name.toLowerCase()),
    bySlug: Map.groupBy(neighbours, ({ name }) => name.toLowerCase().replace(/^(?:issue-)?\d+-/, '')),
    byValue: Map.groupBy(
      neighbours.filter(({ number }) => !Number.isNaN(valueOf(number))),
      ({ number }) => valueOf(number),
    ),
  };
  indices.set(neighbours, index);
  return index;
}

/** The most numbers of a list that are written out. */
const mostNumbers = 200;

/** The numbers of a list with ranges: `1, 3-5`. At most 100 of a range, and 200 of all. */
function numbersIn(list: string): string[] {
  const parts = list.match(/\d+(?:\.\d+)*|-|–|to|through/gi) ?? [];
  const numbers = parts.flatMap((part, index) => {
    if (/^\d/.test(part)) return [part];
    const [from, to] = [Number(parts[index - 1]), Number(parts[index + 1])];
    const count = Number.isInteger(from) && Number.isInteger(to) ? Math.min(Math.max(0, to - from - 1), 100) : 0;
    return Array.from({ length: count }, (_, step) => String(from + 1 + step));
  });
  return numbers.slice(0, mostNumbers);
}

function valueOf(number: string | null): number {
  return number === null ? Number.NaN : Number(number.replace(/[^\d.]/g, ''));
}
