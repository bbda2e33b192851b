import { ToldError } from '../../model/diagnostic.ts';
import { isJudged } from '../../model/unit.ts';
import { type Database, openForReading } from '../../queue/database.ts';
import { readUnitEvents } from '../../queue/events.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { branchRef, isAncestor } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readHistory, type TrailerCommit } from '../../repo/landings/land.ts';
import { readRecords } from '../../repo/landings/landings.ts';
import { placesSince } from '../../repo/landings/places.ts';
import { changedSince } from '../../repo/landings/tickings.ts';
import { entryAt } from '../../repo/objects/tree.ts';
import { readTicks } from '../../specs/ticks/tick.ts';
import type { PastUnits, PresentUnit } from '../../specs/units/read.ts';
import { printableLine } from '../../util/text/printable.ts';
import { isProven, type Marked } from './edited.ts';
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
    for (const id of wanted) {
      const landing = landed.get(id);
      if (landing === undefined) continue;
      const last = byId.get(id);
      if (last?.isReopened === true) continue;
      const file = await fileOf(repository, landing, last?.row ?? null, specs);
      const place = file === null || specs === null ? null : { repository, specs, file };
      if (place === null || !(await isOpenedAgain(landing, place, last?.row ?? null, present))) done.add(landing.unit);
    }
  }
  return { known: new Set(specsOf.map(({ id }) => id)), done };
}

/** The unit's file as a path in the repository, by the landing's record or the queue; null if neither knows it. */
async function fileOf(
  repository: Repository,
  { commit }: TrailerCommit,
  row: UnitRow | null,
  specs: string | null,
): Promise<string | null> {
  const record = (await readRecords(repository)).find((one) => one.commit === commit && typeof one.file === 'string');
  return record?.file ?? (row && specs !== null ? pathOf(specs, row.spec.file) : null);
}

interface LastPlace {
  readonly repository: Repository;
  readonly specs: string;
  /** As a path in the repository. */
  readonly file: string;
}

/**
 * True if a landed unit, whose key no spec has any more, was opened again: as the unit that it is now, or in the last version
 * of its file that has it. What is in doubt is as it landed.
 */
async function isOpenedAgain(
  landing: TrailerCommit,
  { repository, specs, file }: LastPlace,
  row: UnitRow | null,
  present: readonly PresentUnit[],
): Promise<boolean> {
  const { places, isThere } = await placesSince(repository, file);
  const key = row?.spec.key ?? landing.unit;
  const unitIn = async (commit: string): Promise<Marked | null> => {
    const inside = places.filter((path) => specs === '' || path.startsWith(`${specs}/`));
    const files = inside.map((path) => (specs === '' ? path : path.slice(specs.length + 1)));
    const sources = await sourcesIn(repository, specs, commit, [...new Set([...files, ...(row?.spec.files ?? [])])]);
    return sources.length === 0 ? null : (await readTicks(sources, row?.spec.format ?? null)).unit(key);
  };
  const judged = await unitIn(landing.commit);
  const heir = await heirOf(landing, { repository, specs, places, isThere }, present);
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

/** The unit that a landed one is now, under another key: in the file that was moved, or new with the same title. */
async function heirOf(
  landing: TrailerCommit,
  { repository, specs, places, isThere }: Awaited<ReturnType<typeof placesSince>> & Omit<LastPlace, 'file'>,
  present: readonly PresentUnit[],
): Promise<PresentUnit | null> {
  const last = isThere ? (places.at(-1) ?? '') : '';
  for (const unit of present) {
    const path = pathOf(specs, unit.file);
    const isAlike = printableLine(unit.title, 200) === landing.title;
    if (path === last && (isAlike || places.length > 1)) return unit;
    if (isAlike && (await entryAt(repository, landing.commit, path)) === null) return unit;
  }
  return null;
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
