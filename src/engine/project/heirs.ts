import { idFromKey } from '../../model/ids.ts';
import { type Asked, isJudged } from '../../model/unit.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { Trail } from '../../repo/landings/moves.ts';
import { readFiles } from '../../repo/objects/tree.ts';
import type { KnownGroups } from '../../specs/format/known.ts';
import type { Source } from '../../specs/text/source.ts';
import { readTicks, type VersionUnit } from '../../specs/ticks/tick.ts';
import { printableLine } from '../../util/text/printable.ts';
import { pathOf, sourceOf } from './specs-place.ts';

/*
 * Who a landed unit is now. Its key follows from the name of its file and, in a file with several units, from its title: so a
 * landing under a key that no spec has any more may be of a unit that was renamed.
 */

/** Where specs are read. */
export interface SpecsAt {
  readonly repository: Repository;
  /** The specs folder as a path in the repository. */
  readonly path: string;
  /** @default nothing */
  readonly known?: KnownGroups | undefined;
}

/** A unit of now. */
export interface Living extends Asked {
  readonly key: string;
  readonly title: string;
  readonly file: string;
  readonly files: readonly string[];
  /** Omitted like null for one with a format that its files show. */
  readonly format?: string | null;
}

/** A landing of a unit whose key is gone, and where the unit was. */
export interface Left {
  readonly commit: string;
  readonly unit: string;
  readonly title: string;
  readonly criteria: string;
  /** The unit's file, as a path in the specs' repository; null if nothing tells it. */
  readonly file: string | null;
  /** The commit in the specs' repository with the text that was judged; null if none has it. */
  readonly ticking: string | null;
}

/** True if a unit has the title under which something landed. */
export function isTitled({ title }: Pick<Living, 'title'>, landing: Pick<Left, 'title'>): boolean {
  return printableLine(title, 200) === landing.title;
}

/**
 * Finds the units that landed ones are now, by the landings' commits: in the file that git saw renamed, the one with the same
 * key below the file's, the same title or the same criteria, in this order; otherwise the one with the same title in the same
 * file, or in a file that is new since. If that leaves a choice, nobody is. `trails` has the landings' files; `landed` the ids
 * of units with landings of their own, which no title alone makes to another's heirs.
 */
export async function heirsOf<U extends Living>(
  at: SpecsAt,
  landings: readonly Left[],
  trails: ReadonlyMap<string, Trail>,
  units: readonly U[],
  landed: ReadonlySet<string>,
): Promise<ReadonlyMap<string, U>> {
  const heirs = new Map<string, U>();
  const byPath = new Map<string, Names<U>>();
  for (const [file, some] of Map.groupBy(units, (unit) => pathOf(at.path, unit.file))) byPath.set(file, namesOf(some));
  const { byTitle } = namesOf(units.filter(({ key }) => !landed.has(idFromKey(key))));
  const keysIn = keysOfMoved(at);
  for (const landing of landings) {
    const { file, title } = landing;
    const places = (file === null ? undefined : trails.get(file)?.places) ?? [];
    const last = places.at(-1);
    const here = last === undefined ? undefined : byPath.get(last);
    const heir =
      file !== null && last !== undefined && last !== file
        ? here && (await heirInMoved(landing, file, here, keysIn))
        : (only(here?.byTitle.get(title) ?? []) ?? (await heirByTitle(at, landing, byTitle.get(title) ?? [])));
    if (heir) heirs.set(landing.commit, heir);
  }
  return heirs;
}

/** Units by their names. */
interface Names<U> {
  readonly all: readonly U[];
  readonly byId: ReadonlyMap<string, U>;
  /** By the title that a landing has. */
  readonly byTitle: ReadonlyMap<string, readonly U[]>;
}

function namesOf<U extends Living>(all: readonly U[]): Names<U> {
  const byId = new Map<string, U>(all.map((unit) => [idFromKey(unit.key), unit]));
  return { all, byId, byTitle: Map.groupBy(all, ({ title }) => printableLine(title, 200)) };
}

function only<T>(some: readonly T[]): T | null {
  return some.length === 1 ? (some[0] ?? null) : null;
}

/** The unit with this title in a file that the landing did not have. */
async function heirByTitle<U extends Living>(
  { repository, path }: SpecsAt,
  { commit, ticking }: Left,
  alike: readonly U[],
): Promise<U | null> {
  const paths = alike.map(({ file }) => pathOf(path, file));
  const then = await readFiles(repository, ticking ?? commit, paths);
  return only(alike.filter((_unit, index) => then.get(paths[index] ?? '') === null));
}

/** The unit in a moved file. Its text of then, read where the file is now, has the key that the unit has now. */
async function heirInMoved<U extends Living>(
  landing: Left,
  from: string,
  { all, byId, byTitle }: Names<U>,
  keysIn: ReturnType<typeof keysOfMoved>,
): Promise<U | null> {
  const [first] = all;
  const keys = first === undefined ? noKeys : await keysIn(landing, from, first);
  const byKey = byId.get(keys.get(landing.unit) ?? '') ?? null;
  const titled = byTitle.get(landing.title) ?? [];
  if (byKey !== null) return titled.length === 0 || titled.includes(byKey) ? byKey : null;
  if (titled.length > 0) return only(titled);
  const others = new Set(keys.values());
  return only(all.filter((unit) => isJudged(unit, landing.criteria) && !others.has(idFromKey(unit.key))));
}

const noKeys: ReadonlyMap<string, string> = new Map();

/**
 * Tells which ids the units of a moved file have where it is now, by those that they had. One version with the unit is enough
 * for it, so that a file with many landed units is not read once for each.
 */
function keysOfMoved(at: SpecsAt): (landing: Left, from: string, unit: Living) => Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, ReadonlyMap<string, string>>();
  return async ({ unit: id, ticking }, from, unit) => {
    const name = `${from}\0${unit.file}`;
    const before = known.get(name);
    if (ticking === null || before?.has(id) === true) return before ?? noKeys;
    const keys = await keysThen(at, ticking, unit, from);
    const all = new Map([...(before ?? []), ...keys]);
    known.set(name, all);
    return all;
  };
}

async function keysThen(at: SpecsAt, commit: string, unit: Living, from: string): Promise<ReadonlyMap<string, string>> {
  const sources = await sourcesThen(at, commit, unit, from);
  const above = at.path === '' ? '' : `${at.path}/`;
  const was = sources.map(({ text, from: file }) => ({
    text,
    file: file.startsWith(above) ? file.slice(above.length) : file,
  }));
  const [before, now] = [await readTicks(was, unit.format, at.known), await readTicks(sources, unit.format, at.known)];
  if (before.units.length !== now.units.length) return noKeys;
  return new Map(before.units.map(({ key }, index) => [idFromKey(key), idFromKey(now.units[index]?.key ?? '')]));
}

/**
 * The texts of a unit's files in a commit in which its own one was at another place, under the names that they have now, so
 * that they read as the units of now. Files beside it moved along, or stayed.
 */
export async function sourcesThen(
  { repository, path }: SpecsAt,
  commit: string,
  unit: Pick<Living, 'file' | 'files'>,
  place: string,
): Promise<readonly (Source & { readonly from: string })[]> {
  const moved = formerPaths(path, unit, place);
  const stayed = unit.files.map((file) => pathOf(path, file));
  const bytes = await readFiles(repository, commit, [...new Set([...moved, ...stayed])]);
  return unit.files.flatMap((file, index) => {
    const own = [moved[index] ?? '', stayed[index] ?? ''];
    const from = own.find((one) => (bytes.get(one) ?? null) !== null && (file !== unit.file || one === place));
    const source = from === undefined ? null : sourceOf(bytes.get(from), file);
    return source === null || from === undefined ? [] : [{ ...source, from }];
  });
}

/** The unit in a version of its files, read under the names of now: by its key, unless only another one has its title. */
export function thenIn(
  units: readonly VersionUnit[],
  { key, title }: Pick<Living, 'key' | 'title'>,
): VersionUnit | null {
  const byKey = only(units.filter((unit) => unit.key.toLowerCase() === key.toLowerCase()));
  if (byKey?.title === title) return byKey;
  return only(units.filter((unit) => unit.title === title)) ?? byKey;
}

/** Where the files of a unit were when its own one was at another place: those in a folder that moved went along. */
export function formerPaths(specs: string, unit: Pick<Living, 'file' | 'files'>, place: string): readonly string[] {
  const [was, is] = [place, pathOf(specs, unit.file)].map((one) => one.split('/'));
  while (was !== undefined && is !== undefined && was.length > 0 && was.at(-1) === is.at(-1)) {
    was.pop();
    is.pop();
  }
  const [from, to] = [was, is].map((parts) => (parts ?? []).map((part) => `${part}/`).join(''));
  return unit.files.map((file) => {
    const now = pathOf(specs, file);
    if (file === unit.file) return place;
    return now.startsWith(to ?? '') ? `${from}${now.slice(to?.length ?? 0)}` : now;
  });
}
