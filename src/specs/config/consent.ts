import { type Around, type AskedKey, askedKeys, fitsKey, safeKeys, unknownKey } from '../../model/consent.ts';
import { sha256 } from '../../util/values/hash.ts';

/** A file of the repository that a key executes, by its content. */
export interface ExecutedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  /** Git's name of its content; where a link leads, for one that leads out of the repository. */
  readonly content: string;
}

/** A key of a configuration that the user has to agree to, with all that the consent is bound to. */
export interface Needed {
  /** Its path, e.g. `agents.claude.program`. */
  readonly key: string;
  readonly value: unknown;
  readonly why: string;
  /** Other keys that decide what the value does, and their values. */
  readonly with: Readonly<Record<string, unknown>>;
  readonly files: readonly ExecutedFile[];
}

/** Looks up what a configuration executes. */
export interface RepositoryFiles {
  /** A program that is started where it lies, relative to the configuration; null for one of the user's own. */
  readonly program: (name: string) => ExecutedFile | null;
  /** A file that a command names in a checkout; null when there is none of that name. */
  readonly inCheckout: (name: string) => ExecutedFile | null;
}

/** A place in the configuration. */
interface Place {
  readonly at: readonly string[];
  readonly value: unknown;
}

/** What of a configuration, as it is written, needs the user's consent; in a fixed order. */
export function consentNeeded(data: unknown, around: Around, files: RepositoryFiles): Needed[] {
  return [...asked(data, [], around)]
    .map(({ at, value, key }): Needed => {
      const covered = (key.covers ?? []).flatMap((pattern) => valuesAt(data, pattern, at));
      const words = [...(key.isProgram ? argumentsOf(value) : []), ...covered.flatMap((one) => wordsIn(one.value))];
      const program = key.isProgram ? files.program(String(Array.isArray(value) ? value[0] : value)) : null;
      const found = [program, ...words.map((word) => files.inCheckout(word))].flatMap((file) => file ?? []);
      return {
        key: at.join('.'),
        value,
        why: key.why,
        with: Object.fromEntries(covered.map((one) => [one.at.join('.'), one.value])),
        files: [...new Map(found.map((file) => [file.path, file])).values()],
      };
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Words of all commands that a consent could cover: what may be asked of `RepositoryFiles.inCheckout`. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/[^\s'"`;|&()<>=$]+/g) ?? [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : [];
}

function argumentsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(1).map(String) : [];
}

/** The values that may need consent, and do. */
function* asked(
  value: unknown,
  at: readonly string[],
  around: Around,
): Generator<Place & { readonly key: AskedKey }, void, undefined> {
  const key = Object.entries(askedKeys).find(([pattern]) => fitsKey(pattern, at))?.[1];
  if (key) {
    if (key.isHarmless?.(value, around) !== true) yield { at, value, key };
    return;
  }
  if (isBranch(value)) {
    for (const [name, one] of Object.entries(value)) yield* asked(one, [...at, name], around);
    return;
  }
  if (!safeKeys.some((pattern) => fitsKey(pattern, at))) yield { at, value, key: unknownKey };
}

/** True for an object, for a list of them, and for an empty one: what has keys of its own, or nothing. */
function isBranch(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value)) return true;
  return value.length === 0 || value.some((one) => typeof one === 'object' && one !== null);
}

function valuesAt(data: unknown, pattern: string, from: readonly string[]): Place[] {
  const holder = from.slice(0, -1);
  const parts = pattern.split('.').flatMap((part) => (part === '^' ? holder : [part]));
  let places: Place[] = [{ at: [], value: data }];
  for (const part of parts)
    places = places.flatMap(({ at, value }) =>
      entriesOf(value)
        .filter(([name]) => part === '*' || part === name)
        .map(([name, one]) => ({ at: [...at, name], value: one })),
    );
  return places;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** The configuration without the keys that were not agreed to: as if they had not been written. */
export function withhold(data: unknown, needed: readonly Needed[]): unknown {
  const without = (value: unknown, at: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const below = (name: string): string => (at === '' ? name : `${at}.${name}`);
    if (Array.isArray(value)) return value.map((one, index) => without(one, below(String(index))));
    const kept = Object.entries(value).filter(([name]) => !needed.some(({ key }) => key === below(name)));
    return Object.fromEntries(kept.map(([name, one]) => [name, without(one, below(name))]));
  };
  return without(data, '');
}

/** The same text for the same content, whatever order it was written in. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}

/** Names exactly this content: keys, values, what decides what they do, and the files that they execute. */
export function consentDigest(needed: readonly Needed[]): string {
  return sha256(canonical(needed.map(({ key, value, with: others, files }) => ({ key, value, with: others, files }))));
}

/** One key that is not as it was when it was trusted. */
export interface Difference {
  readonly key: string;
  /** Null: there was no such key; null: there is none any more. */
  readonly was: Omit<Needed, 'why'> | null;
  readonly is: Omit<Needed, 'why'> | null;
}

/** What differs between what was trusted and what is asked for now. */
export function differences(before: readonly Needed[], now: readonly Needed[]): Difference[] {
  const keys = [...new Set([...before, ...now].map(({ key }) => key))].toSorted();
  const bare = (all: readonly Needed[], wanted: string): Omit<Needed, 'why'> | null => {
    const found = all.find(({ key }) => key === wanted);
    return found ? { key: found.key, value: found.value, with: found.with, files: found.files } : null;
  };
  return keys
    .map((key) => ({ key, was: bare(before, key), is: bare(now, key) }))
    .filter(({ was, is }) => canonical(was) !== canonical(is));
}
