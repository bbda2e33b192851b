import type { ListItem } from 'mdast';
import { derivedKey } from '../format/draft.ts';
import { pageOf } from '../format/page.ts';
import { Sharing } from '../format/sharing.ts';
import type { Source } from '../text/source.ts';
import type { Spec } from './layout.ts';
import { dependenciesIn } from './references.ts';
import type { Task } from './tasks.ts';

/** What the key of a task takes that another one waits for, in characters. */
const keySize = 50;

/** The key of a unit. */
export interface Key {
  readonly key: string;
  readonly isKeyExplicit: boolean;
}

/** The keys of all tasks: `cli-tool.2`. A task without a number of its own is named by its title. */
export function keysOf({ key: spec }: Spec, tasks: readonly Task[]): Key[] {
  const used = new Set<string>();
  const copies = new Map<string, number>();
  return tasks.map(({ number, title }) => {
    const own = [spec, number].filter((part) => part !== '').join('.');
    const isKeyExplicit = number !== null && !used.has(own);
    const derived = isKeyExplicit ? own : derivedKey(spec, number ?? '', title);
    let key = derived;
    while (used.has(key)) {
      const copy = (copies.get(derived) ?? 1) + 1;
      copies.set(derived, copy);
      key = `${derived}-${copy}`;
    }
    used.add(key);
    return { key, isKeyExplicit };
  });
}

/**
 * The keys that each task waits for: those that it states, else the tasks before it in the dependency graph, else in the
 * file, as Kiro works through them in order. Neighbours with `(P)` wait for the same tasks. Null for a task that waits for too
 * many; see `Sharing`.
 */
export function orderOf(
  tasks: readonly Task[],
  keys: readonly Key[],
  { key: spec }: Spec,
  file: Source,
): (string[] | null)[] {
  const sharing = new Sharing();
  const placeOf = placing(tasks);
  const stated = tasks.map((task, index) => {
    const names = statedBy(task, file);
    const others = names?.filter((name) => placeOf(name) !== index) ?? null;
    return others === null || (names !== null && names.length > 0 && others.length === 0) ? null : others;
  });
  // Where a task waits for a later one, the order of the file is not the order of the work.
  const isInOrder = stated.every((names, index) => names?.every((name) => (placeOf(name) ?? -1) < index) !== false);
  const graph = graphOf(tasks, placeOf, file);
  const before = graph ?? (isInOrder ? inFile(tasks) : tasks.map(() => []));
  return tasks.map((task, index) => {
    const names = stated[index] ?? null;
    // What a part waits for, its task waits for, beside the others.
    const implied = names === null || (isInOrder && hasParts(task)) ? (before[index] ?? []) : [];
    if (!sharing.take(implied.length * keySize, true)) return null;
    const keysOfNames = (names ?? []).map((name) => {
      const place = placeOf(name);
      return place === undefined ? [spec, name].filter((part) => part !== '').join('.') : (keys[place]?.key ?? name);
    });
    return [...new Set([...implied.flatMap((place) => keys[place]?.key ?? []), ...keysOfNames])];
  });
}

/** Finds the place of the task with a number, or around it. */
function placing(tasks: readonly Task[]): (number: string) => number | undefined {
  const places = new Map<string, number>();
  for (const [index, { number }] of tasks.entries())
    if (number !== null && !places.has(number)) places.set(number, index);
  return (number) => {
    for (let name = number; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const place = places.get(name);
      if (place !== undefined) return place;
    }
    return undefined;
  };
}

/** The places before each task in the file. */
function inFile(tasks: readonly Task[]): number[][] {
  let [before, beside]: [number[], number[]] = [[], []];
  return tasks.map(({ isParallel }, index) => {
    const waits = !isParallel && beside.length > 0 ? beside : before;
    if (isParallel) beside.push(index);
    else [before, beside] = [[index], []];
    return waits;
  });
}

/** The numbers of the tasks that a task says it waits for; null if it does not say. */
function statedBy({ ranges }: Task, { text }: Source): string[] | null {
  const found = ranges.map(({ start, end }) => dependenciesIn(text.slice(start, end)));
  if (!found.some(({ isStated }) => isStated)) return null;
  return found.flatMap(({ numbers }) => numbers.map(({ number }) => number));
}

/** True for an item with parts of its own, each of which may wait for something. */
function hasParts({ items, section }: Task): boolean {
  const isPart = ({ checked }: ListItem): boolean => typeof checked === 'boolean';
  const parts = items.flatMap(({ children }) =>
    children.flatMap((node) => (node.type === 'list' ? node.children : [])),
  );
  return section === null && (items.length > 1 || parts.some(isPart));
}

/**
 * The places before each task in the waves of a "Task Dependency Graph"; null without one. The waves have parts of tasks: of
 * two tasks, the one that begins first is done first, unless both belong to the same wave alone.
 */
function graphOf(
  tasks: readonly Task[],
  placeOf: (number: string) => number | undefined,
  file: Source,
): number[][] | null {
  const waves = pageOf(file).nodes.flatMap((node) => (node.type === 'code' ? wavesIn(node.value) : []));
  if (waves.length === 0) return null;
  const spans = new Map<number, { first: number; last: number }>();
  for (const [wave, numbers] of waves.entries()) {
    for (const number of numbers) {
      const place = placeOf(number);
      if (place !== undefined) spans.set(place, { first: spans.get(place)?.first ?? wave, last: wave });
    }
  }
  let latest = -1;
  const placed = tasks.map((_, place) => {
    // A task that is in no wave, such as a checkpoint, follows those before it.
    const { first, last } = spans.get(place) ?? { first: latest + 0.5, last: latest + 0.5 };
    latest = Math.max(latest, Math.floor(last));
    return { place, first, last };
  });
  const groups: (typeof placed)[] = [];
  for (const one of placed.toSorted((a, b) => a.first - b.first || a.last - b.last || a.place - b.place)) {
    const group = groups.at(-1);
    const [other] = group ?? [];
    const isBeside = other?.first === one.first && other.last === one.first && one.last === one.first;
    if (group !== undefined && isBeside) group.push(one);
    else groups.push([one]);
  }
  const before: number[][] = tasks.map(() => []);
  for (const [index, group] of groups.entries()) {
    const earlier = (groups[index - 1] ?? []).map((one) => one.place);
    for (const { place } of group) before[place] = earlier;
  }
  return before;
}

/** The numbers of each wave in a block of JSON; empty if it has none. */
function wavesIn(text: string): string[][] {
  if (!text.includes('"waves"')) return [];
  try {
    const { waves } = JSON.parse(text) as { readonly waves?: unknown };
    return Array.isArray(waves) ? waves.map(numbersOf) : [];
  } catch {
    return []; // a sketch
  }
}

function numbersOf(wave: unknown): string[] {
  const numbers: unknown =
    typeof wave === 'object' && wave !== null && 'tasks' in wave ? (wave as { readonly tasks: unknown }).tasks : wave;
  return Array.isArray(numbers)
    ? numbers.filter((one) => typeof one === 'string' || typeof one === 'number').map(String)
    : [];
}
