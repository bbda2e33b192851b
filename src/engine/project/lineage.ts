import type { UnitSpec } from '../../model/unit.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { History } from '../../repo/landings/land.ts';
import { readOwnRecords, readRecords } from '../../repo/landings/landings.ts';
import { followFiles, type Trail } from '../../repo/landings/moves.ts';
import { filesOfLandings, type SpecsFolder } from '../../repo/landings/places.ts';
import { readObjects } from '../../repo/objects/objects.ts';
import type { LandingOf } from './edited.ts';
import { heirsOf, type Left, type SpecsAt } from './heirs.ts';
import { pathOf } from './specs-place.ts';

/** A landing of a unit under the name that it has or had. */
export interface Placed extends Left, LandingOf {}

/** What is known of a unit under all of its names. */
export interface Line {
  /**
   * The newest landing on the branch, with whatever criteria; without one, all that are recorded and were not undone, newest
   * first.
   */
  readonly landings: readonly Placed[];
  /** Where its file was, as paths in the specs' repository, the last one first. */
  readonly places: readonly string[];
}

/** The lines of all units, and where HEAD's history has the files of landings that are elsewhere now. */
export interface Lineage {
  readonly of: (unit: UnitSpec) => Line;
  readonly trailOf: (landing: string) => Trail | null;
}

const noLine: Line = { landings: [], places: [] };

/** Reads which landings are whose: those of a key that no unit has any more are its heir's. */
export async function readLineage(it: {
  readonly target: Repository;
  readonly tip: string;
  readonly folder: SpecsFolder;
  readonly history: History;
  /** Where the specs are; null if nothing is ticked there. */
  readonly at: SpecsAt | null;
  readonly units: readonly UnitSpec[];
  /** The commit of the specs' repository that ticked for a landing, and the files that it changed; null if none did. */
  readonly tickingOf: (landing: string) => string | null;
  readonly filesOf: ((ticking: string) => readonly string[]) | null;
}): Promise<Lineage> {
  const { at, history, units } = it;
  const ids = new Map<string, UnitSpec>(units.map((unit) => [unit.id, unit]));
  const recorded = await readRecorded(it.target, it.folder, history.landed);
  const whole = [...history.landed.values(), ...recorded];
  const fileOf = await filesOfPlaces(it, whole);
  const landings = whole.map((one): Placed => {
    const ticking = it.tickingOf(one.commit);
    const { commit, unit, title, criteria, date } = one;
    return { commit, unit, title, criteria, date, ticking, file: fileOf(commit) };
  });
  const now = (unit: UnitSpec): string | null => at && pathOf(at.path, unit.file);
  const away = landings.filter(({ unit: id, file }) => {
    const unit = ids.get(id);
    return unit === undefined || (file !== null && file !== now(unit));
  });
  const files = away.flatMap(({ file }) => file ?? []);
  const trails = at && files.length > 0 ? await followFiles(at.repository, files) : new Map<string, Trail>();
  const gone = away.filter(({ unit }) => !ids.has(unit));
  const owners = new Set(history.landed.keys());
  const heirs = at && (await heirsOf(at, gone, trails, units, owners));
  const lines = new Map<string, { landings: Placed[]; places: string[] }>();
  for (const landing of landings) {
    const unit = ids.get(landing.unit) ?? heirs?.get(landing.commit);
    if (unit === undefined) continue;
    const line = lines.get(unit.id) ?? { landings: [], places: [] };
    lines.set(unit.id, line);
    const [newest] = line.landings;
    if (newest !== undefined && history.landed.get(newest.unit)?.commit === newest.commit) continue;
    line.landings.push(landing);
    const places = (landing.file === null ? undefined : trails.get(landing.file)?.places) ?? [];
    for (const place of places.toReversed())
      if (place !== now(unit) && !line.places.includes(place)) line.places.push(place);
  }
  const trailOfs = new Map(
    away.flatMap(({ commit, file }) => [[commit, file === null ? undefined : trails.get(file)]]),
  );
  return { of: (unit) => lines.get(unit.id) ?? noLine, trailOf: (landing) => trailOfs.get(landing) ?? null };
}

/** The file of each landed unit: by its record, or the only one that the commit changed in which its boxes were ticked. */
async function filesOfPlaces(
  it: Parameters<typeof readLineage>[0],
  landings: readonly { readonly commit: string }[],
): Promise<(landing: string) => string | null> {
  const { at, filesOf } = it;
  if (at === null) return () => null;
  const named = new Map<string, string>();
  if (filesOf === null)
    for (const { commit, file } of await readRecords(it.target)) if (typeof file === 'string') named.set(commit, file);
  const isIn = (file: string): boolean => at.path === '' || file.startsWith(`${at.path}/`);
  const changed =
    filesOf === null && landings.some(({ commit }) => !named.has(commit))
      ? await filesOfLandings(it.target, it.tip)
      : new Map<string, readonly string[]>();
  return (landing) => {
    const ticking = it.tickingOf(landing);
    const files = filesOf === null ? changed.get(landing) : ticking === null ? [] : filesOf(ticking);
    const [first, other] = (files ?? []).filter(isIn);
    return named.get(landing) ?? (other === undefined ? (first ?? null) : null);
  };
}

/** The landings of units without one on the branch that are recorded, not undone, and still in the repository, newest first. */
async function readRecorded(
  repository: Repository,
  folder: SpecsFolder,
  landed: History['landed'],
): Promise<readonly (LandingOf & Pick<Left, 'unit' | 'title'>)[]> {
  const records = await readOwnRecords(repository, folder);
  const undone = new Set(records.flatMap((record) => (record.what === 'undone' ? record.undone : [])));
  const landings = records.filter(
    ({ what, commit, unit }) => (what === 'landed' || what === 'adopted') && !landed.has(unit) && !undone.has(commit),
  );
  const objects = await readObjects(
    repository,
    landings.map(({ commit }) => commit),
  );
  return landings.flatMap(({ unit, commit, criteria, at }, index) => {
    const object = objects[index];
    if (object?.type !== 'commit') return [];
    const [, title = ''] = /\n\n(.*)/.exec(object.bytes.toString()) ?? [];
    return [{ unit, commit, criteria, title, date: new Date(at).toISOString() }];
  });
}
