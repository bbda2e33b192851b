import { type Around, type AskedKey, askedKeys, fitsKey, safeKeys, unknownKey } from '../../model/consent.ts';
import { sha256 } from '../../util/values/hash.ts';

/** A file of the repository that a key executes. */
export interface ExecutedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  /** The git object id of its content; for a link out of the repository, its target. */
  readonly content: string;
}

/** A key that needs consent, with everything that the consent depends on. */
export interface Needed {
  /** Its path, such as `agents.claude.program`. */
  readonly key: string;
  readonly value: unknown;
  readonly why: string;
  /** Other keys that determine the effect of the value, and their values. */
  readonly with: Readonly<Record<string, unknown>>;
  readonly files: readonly ExecutedFile[];
}

/** Looks up the files that a configuration executes. */
export interface RepositoryFiles {
  /** A program in the repository, relative to the configuration; null for a program of the user. */
  readonly program: (name: string) => ExecutedFile | null;
  /**
   * What a command outside of the sandbox names in the repository, as it is on the disk: a file, or a folder with all that is
   * in it, relative to the root; null for anything else.
   */
  readonly onDisk: (name: string) => ExecutedFile | null;
  /** A file that a command names in a checkout; null if it does not exist. */
  readonly inCheckout: (name: string) => ExecutedFile | null;
}

/** A value with its path in the configuration. */
interface Place {
  readonly at: readonly string[];
  readonly value: unknown;
}

/** The keys of a configuration without defaults that need consent, sorted. */
export function consentNeeded(data: unknown, around: Around, files: RepositoryFiles): Needed[] {
  return [...asked(data, [], around)]
    .map(({ at, value, key }): Needed => {
      const covered = (key.covers ?? []).flatMap((pattern) => valuesAt(data, pattern, at));
      const words = [...(key.isProgram ? argumentsOf(value) : []), ...covered.flatMap((one) => wordsIn(one.value))];
      const program = key.isProgram ? files.program(String(Array.isArray(value) ? value[0] : value)) : null;
      const named = key.isOutside ? commandsIn(value).flatMap((command) => namedOutside(command, files)) : [];
      const found = [program, ...named, ...words.map((word) => files.inCheckout(word))].flatMap((file) => file ?? []);
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

/** The shell commands of a hook, or of several. */
function commandsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(commandsIn);
  if (typeof value !== 'object' || value === null) return [];
  return 'command' in value && typeof value.command === 'string' ? [value.command] : [];
}

/** Programs that read what they do from a file which nobody names. */
const readsUnnamed: readonly (readonly [program: RegExp, files: readonly string[]])[] = [
  [/^(?:npm|pnpm|yarn|bun|npx)$/, ['package.json']],
  [/^g?make$/, ['GNUmakefile', 'makefile', 'Makefile']],
  [/^just$/, ['justfile', 'Justfile', '.justfile']],
  [/^rake$/, ['Rakefile', 'rakefile', 'Rakefile.rb']],
  [/^task$/, ['Taskfile.yml', 'Taskfile.yaml']],
];

/** What a command outside of the sandbox would run of the repository, as far as it names it, in whatever spelling. */
export function namedOutside(command: string, { onDisk }: Pick<RepositoryFiles, 'onDisk'>): ExecutedFile[] {
  const spelled = command.replace(/\\\n/g, '').replace(/\$\{?PWD\}?\/|(?:\$\(|`)\s*pwd(?:\s+-[LP])?\s*[)`]\//g, './');
  const quoted = [...spelled.matchAll(/"([^"]*)"|'([^']*)'/g)].flatMap(([, double, single]) => double ?? single ?? []);
  const words = [...wordsIn(spelled), ...wordsIn(spelled.replace(/["'\\]/g, '')), ...quoted];
  const names = words.flatMap((word) => {
    const unnamed = readsUnnamed.flatMap(([program, files]) => (program.test(word) ? files : []));
    const glob = /^([^*?[{]*)[*?[{]/.exec(word)?.[1];
    const module = /^\w+(?:\.\w+)+$/.test(word) ? [`${word.replaceAll('.', '/')}.py`, word.split('.')[0] ?? ''] : [];
    return [glob === undefined ? word : glob.replace(/\/*[^/]*$/, '') || '.', ...module, ...unnamed];
  });
  const found = [...new Set(names)].flatMap((name) => (/^(?:~|$)/.test(name) ? [] : (onDisk(name) ?? [])));
  return [...new Map(found.map((file) => [file.path, file])).values()];
}

/** The words of all commands in a value. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/[^\s'"`;|&()<>=$]+/g) ?? [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : [];
}

function argumentsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(1).map(String) : [];
}

/** Yields the values that need consent. */
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

/** True for an object, a list of objects, and an empty list. */
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

/** The configuration without some keys. */
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

/** JSON with sorted keys, so that equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}

/** The digest of keys, values, the keys that determine their effect, and the files that they execute. */
export function consentDigest(needed: readonly Needed[]): string {
  return sha256(canonical(needed.map(({ key, value, with: others, files }) => ({ key, value, with: others, files }))));
}

/** A key that changed since it was trusted. */
export interface Difference {
  readonly key: string;
  /** Null for a new key. */
  readonly was: Omit<Needed, 'why'> | null;
  /** Null for a removed key. */
  readonly is: Omit<Needed, 'why'> | null;
}

/** The keys that differ between two requests for consent. */
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
