import { isAncestor } from '../../repo/refs/branch.ts';
import { readHistory, type TrailerCommit } from '../../repo/landings/land.ts';
import { mergeBases } from '../../repo/objects/merge.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readFiles } from '../../repo/objects/tree.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Truth } from '../../queue/sync.ts';
import { readTicks, type Ticks } from '../../specs/ticks/tick.ts';
import { pathOf, sourceOf } from './specs-place.ts';

/**
 * Determines which units are done. Two sources count: the author's ticks in the working tree, and our recorded landings with
 * these criteria. A sign on the branch alone (trailers or ticks without a record) is a claim, which a person must decide. An
 * author's untick (in the working tree or on the branch) and an undo reopen the unit.
 */
export async function readTruth(options: {
  readonly repository: Repository;
  /** The branch's tip; null if there is no branch, which will start at HEAD. */
  readonly tip: string | null;
  /** The tree or commit with the branch's files, if it will be merged with HEAD first. @default the tip */
  readonly tree?: string;
  readonly specsPath: string | null;
  readonly units: readonly UnitSpec[];
}): Promise<(unit: UnitSpec) => Truth> {
  const { repository } = options;
  const tip = options.tip ?? repository.head;
  const history = await readHistory(repository, tip);
  const asked = new Set<string>(options.units.map((unit) => unit.id));
  const claims = Map.groupBy(history.claims, (it) => it.unit);
  const gone = Map.groupBy(
    [...history.landed.values()].filter((it) => !asked.has(it.unit)),
    (it) => it.criteria,
  );
  const { specsPath } = options;
  const pathsOf = (unit: UnitSpec): readonly string[] =>
    specsPath === null || unit.forEachFile !== null ? [] : unit.files.map((file) => pathOf(specsPath, file));
  const paths = [...new Set(options.units.flatMap(pathsOf))];
  const [onBranch, atHead] = [
    await readFiles(repository, options.tree ?? tip, paths),
    await readFiles(repository, repository.head, paths),
  ];
  /** Files of the two commits, shared by many units. */
  const read = new Map<string, Ticks>();
  const ticked = async (commit: string, unit: UnitSpec): Promise<boolean | null> => {
    const own = pathsOf(unit);
    if (own.length === 0) return null;
    const known = commit === tip ? onBranch : commit === repository.head ? atHead : null;
    const place = [commit, unit.format, ...own].join('\0');
    let ticks = read.get(place);
    if (ticks === undefined) {
      const bytes = known ?? (await readFiles(repository, commit, own));
      const sources = unit.files.flatMap((file, index) => sourceOf(bytes.get(own[index] ?? ''), file) ?? []);
      ticks = await readTicks(sources, unit.format);
      if (known) read.set(place, ticks);
    }
    return ticks.of(unit);
  };
  let bases: readonly string[] | null = null;
  const truths = new Map<string, Truth>();
  for (const unit of options.units) truths.set(unit.id, await truthOf(unit));
  return (unit) => truths.get(unit.id) ?? { isDone: false, why: null };

  async function truthOf(unit: UnitSpec): Promise<Truth> {
    const mine = landingOf(unit);
    const onTip = await ticked(tip, unit);
    if (unit.isTicked) {
      if (onTip === false && (await isUntickedOnBranch(unit)))
        return { isDone: false, why: 'its boxes were unticked on the branch' };
      return { isDone: true, commit: mine?.commit ?? null, how: 'its boxes are ticked' };
    }
    if (onTip === true) {
      const isSeen = async (): Promise<boolean> =>
        mine === null || (await isAncestor(repository, mine.commit, repository.head));
      if ((await ticked(repository.head, unit)) === true && (await isSeen()))
        return { isDone: false, why: 'its boxes were unticked in the working tree' };
      const landing = mine ?? renamed(unit);
      if (landing === null) return { isDone: false, why: null, claim: claimOf(unit)?.commit ?? 'ticks' };
      return { isDone: true, commit: landing.commit, how: 'its boxes are ticked on the branch' };
    }
    if (!mine) {
      const claim = claimOf(unit);
      return { isDone: false, why: null, ...(claim ? { claim: claim.commit } : {}) };
    }
    if (onTip === false && (await ticked(mine.commit, unit)) === true)
      return { isDone: false, why: 'its boxes were unticked on the branch' };
    const isTickMissing = onTip === false ? { isTickMissing: true as const } : {};
    return { isDone: true, commit: mine.commit, how: 'it landed on the branch', ...isTickMissing };
  }

  /** True if a tick that HEAD has was removed on the branch, so that the working tree's is out of date. */
  async function isUntickedOnBranch(unit: UnitSpec): Promise<boolean> {
    if ((await ticked(repository.head, unit)) !== true) return false;
    bases ??= await mergeBases(repository, repository.head, tip);
    for (const base of bases) if ((await ticked(base, unit)) === true) return true;
    return false;
  }

  function landingOf(unit: UnitSpec): TrailerCommit | null {
    const own = history.landed.get(unit.id);
    return own?.criteria === unit.criteriaHash ? own : null;
  }

  /** The landing of a unit whose file was renamed since: its ticks moved along, its trailer did not. */
  function renamed(unit: UnitSpec): TrailerCommit | null {
    return gone.get(unit.criteriaHash)?.[0] ?? null;
  }

  function claimOf(unit: UnitSpec): TrailerCommit | null {
    return claims.get(unit.id)?.find((it) => it.criteria === unit.criteriaHash) ?? null;
  }
}

/** True for a unit that landed before its spec was committed: its boxes are open on the branch. */
export function lacksTick(truth: Truth): boolean {
  return truth.isDone && truth.isTickMissing === true;
}
