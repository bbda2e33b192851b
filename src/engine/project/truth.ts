import { isAncestor } from '../../repo/refs/branch.ts';
import { type History, readHistory, type TrailerCommit } from '../../repo/landings/land.ts';
import { changedSince, readTickings, type Tickings } from '../../repo/landings/tickings.ts';
import { mergeBases, renamedFiles } from '../../repo/objects/merge.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readFiles } from '../../repo/objects/tree.ts';
import { isJudged, mayBeJudged, type UnitSpec } from '../../model/unit.ts';
import type { Truth } from '../../queue/sync.ts';
import type { KnownGroups } from '../../specs/format/known.ts';
import { readTicks, type Ticks, type VersionUnit } from '../../specs/ticks/tick.ts';
import { printableLine } from '../../util/text/printable.ts';
import { isEdited } from './edited.ts';
import { formerPaths, isTitled, sourcesThen, type SpecsAt, thenIn } from './heirs.ts';
import { type Line, type Lineage, type Placed, readLineage } from './lineage.ts';
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
  /** A recorded landing under a former name, or of a unit that is gone and has this title and these criteria. */
  readonly former: Pick<TrailerCommit, 'unit' | 'commit'> | null;
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
  /** Its recorded landing on the branch, under whichever name and with whatever criteria. */
  landedOf(unit: UnitSpec): Promise<Pick<TrailerCommit, 'unit' | 'commit'> | null>;
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
    (it) => it.title,
  );
  const pathsOf = (unit: UnitSpec): readonly string[] => {
    const { path } = side;
    return path === null || unit.forEachFile !== null ? [] : unit.files.map((file) => pathOf(path, file));
  };
  const paths = [...new Set(options.units.flatMap(pathsOf))];
  const onBranch = await readFiles(repository, side.tree, paths);
  const atHead = side.tree === repository.head ? onBranch : await readFiles(repository, repository.head, paths);
  /** Files of the two commits, shared by many units. */
  const read = new Map<string, Ticks>();
  const at: SpecsAt | null = side.path === null ? null : { repository, path: side.path, known: options.known };
  /** The ticks of a unit's files, with `place` as they were when its own file was there. */
  const ticksIn = async (commit: string, unit: UnitSpec, formerly?: string): Promise<Ticks | null> => {
    const own = pathsOf(unit);
    if (own.length === 0) return null;
    if (formerly !== undefined)
      return at && readTicks(await sourcesThen(at, commit, unit, formerly), unit.format, options.known);
    const known = commit === side.tree ? onBranch : commit === repository.head ? atHead : null;
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
  let lineage: Promise<Lineage> | null = null;
  const open = async (): Promise<Lineage> =>
    (lineage ??= readLineage({
      ...{ target, tip, folder, history, at, units: options.units, tickingOf: side.tickingOf },
      filesOf: tickings && ((ticking) => tickings.files.get(ticking) ?? []),
    }));
  const lineOf = async (unit: UnitSpec): Promise<Line> => (await open()).of(unit);
  const pathsThen = (unit: UnitSpec, places: readonly string[]): readonly string[] => [
    ...pathsOf(unit),
    ...(at === null ? [] : places.flatMap((place) => formerPaths(at.path, unit, place))),
  ];
  /** What HEAD has renamed since some commits, from new name to old. */
  const renamed = new Map<string, ReadonlyMap<string, string>>();
  let bases: readonly string[] | null = null;
  return { history, truthOf, signsOf, landedOf };

  async function signsOf(unit: UnitSpec): Promise<Signs> {
    const landing = await landingOf(unit);
    return {
      onTip: await ticked(side.tree, unit),
      atHead: await ticked(repository.head, unit),
      landing,
      ticking: landing && side.tickingOf(landing.commit),
      former: confirming(unit) ?? (landing === null ? await landedOf(unit) : null),
      claim: await claimOf(unit),
    };
  }

  async function truthOf(unit: UnitSpec): Promise<Truth> {
    const mine = await landingOf(unit);
    const ticking = mine && side.tickingOf(mine.commit);
    const onTip = await ticked(side.tree, unit);
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
      const landing = mine ?? confirming(unit);
      if (landing === null) return { isDone: false, why: null, claim: (await claimOf(unit))?.commit ?? 'ticks' };
      return { isDone: true, commit: landing.commit, how: 'its boxes are ticked on the branch' };
    }
    if (!mine) {
      const claim = await claimOf(unit);
      if (claim) return { isDone: false, why: null, claim: claim.commit };
      const former = onTip === null ? await formersOf(unit) : [];
      const why = unit.doneTwins === undefined ? null : 'it is asked for again';
      return { isDone: false, why, ...(former.length === 0 ? {} : { former }) };
    }
    if (onTip === false && (await wasTicked(unit, mine, ticking)))
      return { isDone: false, why: 'its boxes were unticked on the branch' };
    const isTickMissing = onTip === false ? { isTickMissing: true as const } : {};
    return { isDone: true, commit: mine.commit, how: 'it landed on the branch', ...isTickMissing };
  }

  /** The landing that ticked a unit for other criteria than those of now; null if its ticks say what they seem to. */
  async function landingBeforeEdit(unit: UnitSpec): Promise<string | null> {
    const { landings, places } = await lineOf(unit);
    const unitIn = async (commit: string): Promise<VersionUnit | null> => {
      for (const place of [undefined, ...places]) {
        const found = thenIn((await ticksIn(commit, unit, place))?.units ?? [], unit);
        if (found !== null) return found;
      }
      return null;
    };
    const since = (tip: string) => async (time: string) => changedSince(repository, tip, time, pathsThen(unit, places));
    const versions = {
      unitIn,
      isOpenIn: async (commit: string) => {
        const then = await unitIn(commit);
        return then?.isDone === false && then.isMarked && then.criteriaHash === unit.criteriaHash;
      },
      isTickedIn: async (commit: string, criteria: string) => {
        const then = await unitIn(commit);
        return then?.isDone === true && mayBeJudged(then, criteria);
      },
      tickingOf: side.tickingOf,
      onBranch: since(side.tip),
      atHead: async (time: string) => [repository.head, ...(await since(repository.head)(time))],
    };
    const isOld = landings.length > 0 && pathsOf(unit).length > 0 && (await isEdited(unit, landings, versions));
    return isOld ? (landings[0]?.commit ?? null) : null;
  }

  /** The newest landing of the unit, under whichever name and with whatever criteria. */
  async function landedOf(unit: UnitSpec): Promise<Placed | null> {
    const [newest] = (await lineOf(unit)).landings;
    return newest !== undefined && history.landed.get(newest.unit)?.commit === newest.commit ? newest : null;
  }

  /** True if the boxes were ticked since the landing: by the commit that says so, or by another, such as a squash of it. */
  async function wasTicked(unit: UnitSpec, mine: TrailerCommit, ticking: string | null): Promise<boolean> {
    const { places } = await lineOf(unit);
    const commits =
      ticking === null ? await changedSince(repository, side.tip, mine.date, pathsThen(unit, places)) : [ticking];
    for (const commit of commits)
      for (const place of [undefined, ...places])
        if ((await ticksIn(commit, unit, place))?.of(unit) === true) return true;
    return false;
  }

  /** The landing whose undo left its ticks in the specs' own repository: whoever undid it was killed before. */
  async function leftBy(unit: UnitSpec): Promise<string | null> {
    const landing = history.undone.get(unit.id) ?? '';
    const ticking = tickings?.ticked.get(landing);
    if (ticking === undefined || tickings?.unticked.has(landing) === true) return null;
    return (await wasTickedIn(ticking, unit)) ? landing : null;
  }

  /** True if the boxes were ticked in a commit before HEAD, also if HEAD has renamed the file since. */
  async function wasTickedIn(commit: string, unit: UnitSpec): Promise<boolean> {
    const then = await ticked(commit, unit);
    if (then !== null || at === null || commit === repository.head) return then === true;
    const renames = await (renamed.get(commit) ?? renamedFiles(repository, commit, repository.head));
    renamed.set(commit, renames);
    const place = renames.get(pathOf(at.path, unit.file));
    return place !== undefined && (await ticksIn(commit, unit, place))?.of(unit) === true;
  }

  /** True if a tick that HEAD has was removed on the branch, so that the working tree's is out of date. */
  async function isUntickedOnBranch(unit: UnitSpec): Promise<boolean> {
    if ((await ticked(repository.head, unit)) !== true) return false;
    bases ??= await mergeBases(repository, repository.head, side.tip);
    for (const base of bases) if (await wasTickedIn(base, unit)) return true;
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

  /** The landings of a unit that is gone, with the title and the criteria of this one. */
  function alikeOf(unit: UnitSpec): readonly TrailerCommit[] {
    return (gone.get(printableLine(unit.title, 200)) ?? []).filter(({ criteria }) => isJudged(unit, criteria));
  }

  /** The landing that ticks on the branch are of, if the unit's file was renamed: its ticks moved along, its trailer did not. */
  function confirming(unit: UnitSpec): TrailerCommit | null {
    return alikeOf(unit)[0] ?? null;
  }

  /** The landings that may be of a unit whose file is moved, and whose move is not on the branch yet: HEAD has it where it was. */
  async function formersOf(unit: UnitSpec): Promise<readonly string[]> {
    const alike = alikeOf(unit);
    // One of `for-each` has no ticks: the queue knows its file.
    if (at === null || alike.length === 0 || unit.forEachFile !== null) return alike.map(({ commit }) => commit);
    const { trailOf } = await open();
    const found: string[] = [];
    for (const { commit, title, criteria } of alike) {
      const trail = trailOf(commit);
      const last = trail?.places.at(-1);
      const then = last === undefined ? null : await ticksIn(repository.head, unit, last);
      const isThere = then?.units.some((one) => isTitled(one, { title }) && mayBeJudged(one, criteria));
      if (last === undefined || isThere === true) found.push(commit);
    }
    return found;
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

/** True for a unit that landed before its spec was committed, or whose tick was prevented: its boxes are open on the branch. */
export function lacksTick(truth: Truth): boolean {
  return truth.isDone && truth.isTickMissing === true;
}

/** True for a unit whose boxes on the branch say something else than its landings, and are to be set right. */
export function needsTicking(truth: Truth): boolean {
  return lacksTick(truth) || (!truth.isDone && truth.tickLeftBy !== undefined);
}
