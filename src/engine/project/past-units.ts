import { ToldError } from '../../model/diagnostic.ts';
import { isJudged } from '../../model/unit.ts';
import { type Database, openForReading } from '../../queue/database.ts';
import { readUnitEvents } from '../../queue/events.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { branchRef, isAncestor } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readHistory } from '../../repo/landings/land.ts';
import { readRecords } from '../../repo/landings/landings.ts';
import { followFiles } from '../../repo/landings/moves.ts';
import { changedSince } from '../../repo/landings/tickings.ts';
import { readTicks } from '../../specs/ticks/tick.ts';
import type { PastUnits, PresentUnit } from '../../specs/units/read.ts';
import { isProven, type Marked } from './edited.ts';
import { heirsOf, type SpecsAt } from './heirs.ts';
import type { Placed } from './lineage.ts';
import { folderOf, pathOf, sourcesIn } from './specs-place.ts';

/** Where the units of a project are remembered. */
interface Memory {
  /** The folder of the queue. */
  readonly state: string;
  readonly branch: string;
  /** The target; null without one. */
  readonly repository: Repository | null;
  /** The specs folder as a path in the repository; null if outside. */
  readonly specs: string | null;
}

/**
 * What is known of units that are wanted and in no spec: a landing on the branch stays, unless the unit had been opened again
 * before it went, and so do ticks that the queue saw. None are known if the queue cannot be read as it is.
 */
export async function pastUnits(
  { state, branch, repository, specs }: Memory,
  wanted: ReadonlySet<string>,
  present: readonly PresentUnit[],
): Promise<PastUnits> {
  const seen = seenIn(state, wanted);
  const specsOf = seen.map(({ row }) => row.spec);
  const done = new Set<string>(seen.flatMap((one) => (isTickedByHand(one) ? [one.row.spec.id] : [])));
  const tip = repository && ((await readRef(repository, branchRef(branch))) ?? repository.head);
  if (repository && tip !== null) {
    const { landed } = await readHistory(repository, tip, folderOf(specs, specsOf));
    const byId = new Map<string, Seen>(seen.map((one) => [one.row.spec.id, one]));
    const named = new Map((await readRecords(repository)).map(({ commit, file }) => [commit, file ?? null]));
    const left = [...wanted].flatMap((id): Placed[] => {
      const [landing, last] = [landed.get(id), byId.get(id)];
      if (landing === undefined || last?.isReopened === true) return [];
      const file = named.get(landing.commit) ?? (last && specs !== null ? pathOf(specs, last.row.spec.file) : null);
      return [{ ...landing, file, ticking: landing.commit }];
    });
    const trails = await followFiles(
      repository,
      left.flatMap(({ file }) => file ?? []),
    );
    const at = specs === null ? null : { repository, path: specs };
    const heirs = at && (await heirsOf(at, left, trails, present, new Set(landed.keys())));
    for (const landing of left) {
      const places = trails.get(landing.file ?? '')?.places;
      const of = { heir: heirs?.get(landing.commit) ?? null, row: byId.get(landing.unit)?.row ?? null };
      if (at === null || places === undefined || !(await isOpenedAgain(at, landing, places, of)))
        done.add(landing.unit);
    }
  }
  return { known: new Set(specsOf.map(({ id }) => id)), done };
}

/**
 * True if a landed unit, whose key no spec has any more, was opened again: as the unit that it is now, or in the last version
 * of its file that has it. What is in doubt is as it landed.
 */
async function isOpenedAgain(
  { repository, path: specs }: SpecsAt,
  landing: Placed,
  places: readonly string[],
  { heir, row }: { readonly heir: PresentUnit | null; readonly row: UnitRow | null },
): Promise<boolean> {
  const key = row?.spec.key ?? landing.unit;
  const unitIn = async (commit: string): Promise<Marked | null> => {
    const inside = places.filter((path) => specs === '' || path.startsWith(`${specs}/`));
    const files = inside.map((path) => (specs === '' ? path : path.slice(specs.length + 1)));
    const sources = await sourcesIn(repository, specs, commit, [...new Set([...files, ...(row?.spec.files ?? [])])]);
    return sources.length === 0 ? null : (await readTicks(sources, row?.spec.format ?? null)).unit(key);
  };
  const judged = await unitIn(landing.commit);
  if (heir !== null) {
    const isSame = isJudged(heir, landing.criteria) || (judged !== null && isProven(heir.criteria, judged.criteria));
    return !isSame || (!heir.isDone && (await isAncestor(repository, landing.commit, repository.head)));
  }
  const changes = await changedSince(repository, repository.head, landing.date, places);
  const oldest = changes.at(-1);
  let last: Marked | null = null;
  for (const commit of [repository.head, ...changes, ...(oldest === undefined ? [] : [`${oldest}^`])]) {
    const unit = await unitIn(commit);
    if (unit === null) continue;
    if (last === null) {
      const now = unit.criteria.map((hash) => ({ hash, isTicked: unit.isDone }));
      if (judged !== null && !isProven(now, judged.criteria)) return true;
      if (unit.isDone) return false;
      last = unit;
    } else if (unit.isDone) return true; // it was ticked, and opened since
  }
  return false;
}

/** True for a unit that was done without a landing when its spec was last seen. */
function isTickedByHand({ row: { spec, state, landedCommit }, isReopened }: Seen): boolean {
  return spec.isTicked && landedCommit === null && (state === 'done' || state === 'retired') && !isReopened;
}

interface Seen {
  readonly row: UnitRow;
  /** True if the queue knew it as done, and last as open. */
  readonly isReopened: boolean;
}

/** The rows of units that were in a spec. */
function seenIn(state: string, wanted: ReadonlySet<string>): Seen[] {
  try {
    const database = openForReading(state, { isAsItIs: true });
    if (database === null) return [];
    try {
      const rows = readUnits(database).filter(
        ({ spec, state: is }) => wanted.has(spec.id) && spec.file !== '' && is !== 'proposed',
      );
      return rows.map((row) => ({ row, isReopened: wasReopened(database, row) }));
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof ToldError)) throw error; // every command that needs the queue tells it
    return [];
  }
}

/** True if the queue saw the unit done, and then open until its spec went. */
function wasReopened(database: Database, { spec, state }: UnitRow): boolean {
  const changes = readUnitEvents(database, spec.id).flatMap(({ event }) =>
    event.type === 'unit-changed' ? [event] : [],
  );
  const last = state === 'retired' ? changes.findLast(({ to }) => to === 'retired')?.from : state;
  return last !== undefined && last !== 'done' && changes.some(({ from, to }) => from === 'done' && to !== 'retired');
}
