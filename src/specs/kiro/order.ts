import { derivedKey } from '../format/draft.ts';
import type { Source } from '../text/source.ts';
import type { Spec } from './layout.ts';
import { dependenciesIn } from './references.ts';
import type { Task } from './tasks.ts';

/** The key of a unit. */
export interface Key {
  readonly key: string;
  readonly isKeyExplicit: boolean;
}

/** The keys of all tasks: `cli-tool.2`. A task without a number of its own is named by its title. */
export function keysOf({ key: spec }: Spec, tasks: readonly Task[]): Key[] {
  const used = new Set<string>();
  return tasks.map(({ number, title }) => {
    const own = [spec, number].filter((part) => part !== '').join('.');
    const isKeyExplicit = number !== null && !used.has(own);
    let key = isKeyExplicit ? own : derivedKey(spec, number ?? '', title);
    for (let copy = 2; used.has(key); copy++) key = `${derivedKey(spec, number ?? '', title)}-${copy}`;
    used.add(key);
    return { key, isKeyExplicit };
  });
}

/**
 * The keys that each task waits for: what it states, else the task before it, as Kiro works through them in order. Neighbours
 * with `(P)` wait for the same tasks.
 */
export function orderOf(tasks: readonly Task[], keys: readonly Key[], { key: spec }: Spec, file: Source): string[][] {
  const places = new Map<string, number>();
  for (const [index, { number }] of tasks.entries())
    if (number !== null && !places.has(number)) places.set(number, index);
  const stated = tasks.map((task) => statedBy(task, file));
  const placeOf = (number: string): number | undefined => {
    for (let name = number; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const place = places.get(name);
      if (place !== undefined) return place;
    }
    return undefined;
  };
  // Where a task waits for a later one, the order of the file is not the order of the work.
  const isInOrder = stated.every((names, index) => names?.every((name) => (placeOf(name) ?? -1) <= index) !== false);
  let [before, beside]: [number[], number[]] = [[], []];
  return tasks.map(({ isParallel }, index) => {
    const waits = isParallel ? before : beside.length > 0 ? beside : before;
    if (isParallel) beside = [...beside, index];
    else [before, beside] = [[index], []];
    const names = stated[index] ?? null;
    if (names === null) return isInOrder ? waits.flatMap((place) => keys[place]?.key ?? []) : [];
    const others = names.flatMap((name) => {
      const place = placeOf(name);
      if (place === index) return []; // a part of it
      return place === undefined ? [[spec, name].filter((part) => part !== '').join('.')] : (keys[place]?.key ?? []);
    });
    return [...new Set(others)];
  });
}

/** The numbers of the tasks that a task says it waits for; null if it does not say. */
function statedBy({ ranges }: Task, { text }: Source): string[] | null {
  const found = ranges.map(({ start, end }) => dependenciesIn(text.slice(start, end)));
  if (!found.some(({ isStated }) => isStated)) return null;
  return found.flatMap(({ numbers }) => numbers.map(({ number }) => number));
}
