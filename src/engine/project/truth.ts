import { isAncestor } from '../../repo/refs/branch.ts';
import { type History, readHistory, type TrailerCommit } from '../../repo/landings/land.ts';
import { readOwnRecords } from '../../repo/landings/landings.ts';
import { changedSince, readTickings, type Tickings } from '../../repo/landings/tickings.ts';
import { mergeBases } from '../../repo/objects/merge.ts';
import { readObjects } from '../../repo/objects/objects.ts';
import type { SpecsFolder } from '../../repo/landings/places.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readFiles } from '../../repo/objects/tree.ts';
import { hashesOf, isJudged, mayBeJudged, type UnitSpec } from '../../model/unit.ts';
import type { Truth } from '../../queue/sync.ts';
import type { KnownGroups } from '../../specs/format/known.ts';
import { readTicks, type Ticks } from '../../specs/ticks/tick.ts';
import { isEdited, type LandingOf } from './edited.ts';
import { folderOf, pathOf, sourceOf } from './specs-place.ts';
import type { ApartAt } from './tick-place.ts';

/** The branch, the specs, and what to tell of. */
export interface TruthOptions {
  readonly repository: Repository;
  /** The branch's tip; null if there is no branch, which will start at HEAD. */
  readonly tip: string | null;
  /** The tree or commit with the branch's files, if it will be merged with HEAD first. @default the tip */
  readonly tree?: string;
  readonly specsPath: string | null;
  /** The repository with the specs, if it is another one. */
  readonly apart?: ApartAt | null;
  readonly units: readonly UnitSpec[];
  /** What is known of files by their text. @default nothing */
  readonly known?: KnownGroups;
}

/** What a repository says of a unit, before it is weighed. */
export interface Signs {
  /** Whether its boxes are ticked on the branch, and at HEAD; null if its text is not there. */
  readonly onTip: boolean | null;
  readonly atHead: boolean | null;
  /** Its recorded landing with these criteria, and the commit that ticked its boxes for that; null for none. */
  readonly landing: TrailerCommit | null;
  readonly ticking: string | null;
  /** A recorded landing with these criteria of a unit that is gone: its file may have been renamed. */
  readonly former: TrailerCommit | null;
  /** A commit that claims to have landed it, without a record. */
  readonly claim: TrailerCommit | null;
}

/**
 * Determines which units are done. Two sources count: the author's ticks in the working tree, and our recorded landings with
 * these criteria. Ticks that we set for other criteria are no author's: an edited criterion reopens its unit. A sign on the
 * branch alone (trailers or ticks without a record) is a claim, which a person must decide. An author's untick (in the working
 * tree or on the branch) and an undo reopen the unit.
 */
export async function readTruth(options: TruthOptions): Promise<(unit: UnitSpec) => Truth> {
  const reading = await openTruth(options);
  const truths = new Map<string, Truth>();
  for (const unit of options.units) truths.set(unit.id, await reading.truthOf(unit));
  return (unit) => truths.get(unit.id) ?? { isDone: false, why: null };
}

/** The same for one unit at a time, with what it follows from. */
export interface TruthReading {
  readonly history: History;
  truthOf(unit: UnitSpec): Promise<Truth>;
  signsOf(unit: UnitSpec): Promise<Signs>;
}

/** Where the boxes are. */
interface Side {
  readonly repository: Repository;
  readonly path: string | null;
  readonly tip: string;
  readonly tree: string;
  /** The commit that ticked boxes for a landing; null if there is none. */
  readonly tickingOf: (landing: string) => string | null;
}

/** Reads what is the same for all units. */
export async function openTruth(options: TruthOptions): Promise<TruthReading> {
  const { specsPath, apart = null } = options;
  const target = options.repository;
  const tip = options.tip ?? target.head;
  const folder = folderOf(specsPath, options.units);
  const history = await readHistory(target, tip, folder);
  const tickings: Tickings | null = apart && (await readTickings(apart.repository, [apart.tip, apart.repository.head]));
  const side: Side =
    apart && tickings
      ? { ...apart, tree: apart.tree ?? apart.tip, tickingOf: (landing) => tickings.ticked.get(landing) ?? null }
      : { repository: target, path: specsPath, tip, tree: options.tree ?? tip, tickingOf: (landing) => landing };
  const { repository } = side;
  const asked = new Set<string>(options.units.map((unit) => unit.id));
  const claims = Map.groupBy(history.claims, (it) => it.unit);
  const gone = Map.groupBy(
    [...history.landed.values()].filter((it) => !asked.has(it.unit)),
    (it) => it.criteria,
  );
  const pathsOf = (unit: UnitSpec): readonly string[] => {
    const { path } = side;
    return path === null || unit.forEachFile !== null ? [] : unit.files.map((file) => pathOf(path, file));
  };
  const paths = [...new Set(options.units.flatMap(pathsOf))];
  const [onBranch, atHead] = [
    await readFiles(repository, side.tree, paths),
    await readFiles(repository, repository.head, paths),
  ];
  /** Files of the two commits, shared by many units. */
  const read = new Map<string, Ticks>();
  const ticksIn = async (commit: string, unit: UnitSpec): Promise<Ticks | null> => {
    const own = pathsOf(unit);
    if (own.length === 0) return null;
    const known = commit === side.tip ? onBranch : commit === repository.head ? atHead : null;
    const place = [commit, unit.format, ...own].join('\0');
    let ticks = read.get(place);
    if (ticks === undefined) {
      const bytes = known ?? (await readFiles(repository, commit, own));
      const sources = unit.files.flatMap((file, index) => sourceOf(bytes.get(own[index] ?? ''), file) ?? []);
      ticks = await readTicks(sources, unit.format, options.known);
      if (known) read.set(place, ticks);
    }
    return ticks;
  };
  const ticked = async (commit: string, unit: UnitSpec): Promise<boolean | null> =>
    (await ticksIn(commit, unit))?.of(unit) ?? null;
  let recorded: ReadonlyMap<string, readonly LandingOf[]> | null = null;
  let bases: readonly string[] | null = null;
  return { history, truthOf, signsOf };

  async function signsOf(unit: UnitSpec): Promise<Signs> {
    const landing = await landingOf(unit);
    return {
      onTip: await ticked(side.tip, unit),
      atHead: await ticked(repository.head, unit),
      landing,
      ticking: landing && side.tickingOf(landing.commit),
      former: renamed(unit),
      claim: await claimOf(unit),
    };
  }

  async function truthOf(unit: UnitSpec): Promise<Truth> {
    const mine = await landingOf(unit);
    const ticking = mine && side.tickingOf(mine.commit);
    const onTip = await ticked(side.tip, unit);
    const left = onTip === true ? await leftBy(unit) : null;
    if (left !== null) return { isDone: false, why: 'it was undone', tickLeftBy: left };
    if (unit.isTicked) {
      if (onTip === false && (await isUntickedOnBranch(unit)))
        return { isDone: false, why: 'its boxes were unticked on the branch' };
      const edited = mine === null ? await landingBeforeEdit(unit) : null;
      if (edited !== null) return { isDone: false, why: 'its criteria were edited after it landed', edited };
      return { isDone: true, commit: mine?.commit ?? null, how: 'its boxes are ticked' };
    }
    if (onTip === true) {
      const isSeen = async (): Promise<boolean> =>
        ticking === null || (await isAncestor(repository, ticking, repository.head));
      if ((await ticked(repository.head, unit)) === true && (await isSeen()))
        return { isDone: false, why: 'its boxes were unticked in the working tree' };
      const landing = mine ?? renamed(unit);
      if (landing === null) return { isDone: false, why: null, claim: (await claimOf(unit))?.commit ?? 'ticks' };
      return { isDone: true, commit: landing.commit, how: 'its boxes are ticked on the branch' };
    }
    if (!mine) {
      const claim = await claimOf(unit);
      if (claim) return { isDone: false, why: null, claim: claim.commit };
      const former = onTip === null ? renamed(unit) : null;
      const why = unit.doneTwins === undefined ? null : 'it is asked for again';
      return { isDone: false, why, ...(former ? { former: former.commit } : {}) };
    }
    if (onTip === false && (await wasTicked(unit, mine, ticking)))
      return { isDone: false, why: 'its boxes were unticked on the branch' };
    const isTickMissing = onTip === false ? { isTickMissing: true as const } : {};
    return { isDone: true, commit: mine.commit, how: 'it landed on the branch', ...isTickMissing };
  }

  /** The landing that ticked a unit for other criteria than those of now; null if its ticks say what they seem to. */
  async function landingBeforeEdit(unit: UnitSpec): Promise<string | null> {
    const landings = await landingsOf(unit);
    const since = (tip: string) => async (time: string) => changedSince(repository, tip, time, pathsOf(unit));
    const versions = {
      unitIn: async (commit: string) => (await ticksIn(commit, unit))?.unit(unit.key) ?? null,
      isOpenIn: async (commit: string) => (await ticked(commit, unit)) === false,
      isTickedIn: async (commit: string, criteria: string) => {
        const then = (await ticksIn(commit, unit))?.unit(unit.key);
        return then?.isDone === true && mayBeJudged(then, criteria);
      },
      tickingOf: side.tickingOf,
      onBranch: since(side.tip),
      atHead: async (time: string) => [repository.head, ...(await since(repository.head)(time))],
    };
    const isOld = landings.length > 0 && pathsOf(unit).length > 0 && (await isEdited(unit, landings, versions));
    return isOld ? (landings[0]?.commit ?? null) : null;
  }

  /** The landing on the branch, with whatever criteria; without one, all that are recorded and were not undone, newest first. */
  async function landingsOf(unit: UnitSpec): Promise<readonly LandingOf[]> {
    const own = history.landed.get(unit.id);
    if (own !== undefined) return [own];
    recorded ??= await readRecorded(target, folder, asked);
    return recorded.get(unit.id) ?? [];
  }

  /** True if the boxes were ticked since the landing: by the commit that says so, or by another, such as a squash of it. */
  async function wasTicked(unit: UnitSpec, mine: TrailerCommit, ticking: string | null): Promise<boolean> {
    const commits = ticking === null ? await changedSince(repository, side.tip, mine.date, pathsOf(unit)) : [ticking];
    for (const commit of commits) if ((await ticked(commit, unit)) === true) return true;
    return false;
  }

  /** The landing whose undo left its ticks in the specs' own repository: whoever undid it was killed before. */
  async function leftBy(unit: UnitSpec): Promise<string | null> {
    const landing = history.undone.get(unit.id) ?? '';
    const ticking = tickings?.ticked.get(landing);
    if (ticking === undefined || tickings?.unticked.has(landing) === true) return null;
    return (await ticked(ticking, unit)) === true ? landing : null;
  }

  /** True if a tick that HEAD has was removed on the branch, so that the working tree's is out of date. */
  async function isUntickedOnBranch(unit: UnitSpec): Promise<boolean> {
    if ((await ticked(repository.head, unit)) !== true) return false;
    bases ??= await mergeBases(repository, repository.head, side.tip);
    for (const base of bases) if ((await ticked(base, unit)) === true) return true;
    return false;
  }

  async function landingOf(unit: UnitSpec): Promise<TrailerCommit | null> {
    const own = history.landed.get(unit.id);
    if (own !== undefined && (await isOfTwin(unit, own.commit))) return null;
    if (own === undefined || isJudged(unit, own.criteria)) return own ?? null;
    if (!mayBeJudged(unit, own.criteria)) return null;
    // An older version, which did not say by which commands it judged, ticked what it had judged.
    const ticking = side.tickingOf(own.commit);
    return ticking !== null && (await ticked(ticking, unit)) === true ? own : null;
  }

  /** The landing of a unit whose file was renamed since: its ticks moved along, its trailer did not. */
  function renamed(unit: UnitSpec): TrailerCommit | null {
    return hashesOf(unit, 'criteriaHash').flatMap((hash) => gone.get(hash) ?? [])[0] ?? null;
  }

  async function claimOf(unit: UnitSpec): Promise<TrailerCommit | null> {
    for (const claim of claims.get(unit.id) ?? [])
      if (isJudged(unit, claim.criteria) && !(await isOfTwin(unit, claim.commit))) return claim;
    return null;
  }

  /** True for a landing that ticked one of a unit's done twins: this one is asked for again. */
  async function isOfTwin(unit: UnitSpec, landing: string): Promise<boolean> {
    const ticking = unit.doneTwins === undefined || unit.isTicked ? null : side.tickingOf(landing);
    if (unit.doneTwins === undefined || ticking === null) return false;
    const countIn = async (commit: string): Promise<number> => (await ticksIn(commit, unit))?.countDone(unit) ?? 0;
    const count = await countIn(ticking);
    return count <= unit.doneTwins && count > (await countIn(`${ticking}^`));
  }
}

/** The landings of units that are recorded, not undone, and still in the repository, newest first. */
async function readRecorded(
  repository: Repository,
  folder: SpecsFolder,
  units: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly LandingOf[]>> {
  const records = await readOwnRecords(repository, folder);
  const undone = new Set(records.flatMap((record) => (record.what === 'undone' ? record.undone : [])));
  const landings = records.filter(
    ({ what, commit, unit }) => (what === 'landed' || what === 'adopted') && units.has(unit) && !undone.has(commit),
  );
  const objects = await readObjects(
    repository,
    landings.map(({ commit }) => commit),
  );
  const known = landings.filter((_landing, index) => objects[index]?.type === 'commit');
  const dated = known.map(({ unit, commit, criteria, at }) => ({
    ...{ unit, commit, criteria },
    date: new Date(at).toISOString(),
  }));
  return Map.groupBy(dated, ({ unit }) => unit);
}

/** True for a unit that landed before its spec was committed, or whose tick was prevented: its boxes are open on the branch. */
export function lacksTick(truth: Truth): boolean {
  return truth.isDone && truth.isTickMissing === true;
}

/** True for a unit whose boxes on the branch say something else than its landings, and are to be set right. */
export function needsTicking(truth: Truth): boolean {
  return lacksTick(truth) || (!truth.isDone && truth.tickLeftBy !== undefined);
}
