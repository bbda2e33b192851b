import { isAncestor } from '../repo/branch.ts';
import { type LandedUnit, readLanded } from '../repo/land.ts';
import type { Repository } from '../repo/repository.ts';
import { readTreeFile } from '../repo/tree.ts';
import type { UnitSpec } from '../model/unit.ts';
import type { Truth } from '../queue/sync.ts';
import { isTickedIn } from '../specs/tick.ts';

/**
 * Asks the branch what is done: a unit is, when its boxes are ticked on the tip, or when a landed commit with these
 * very criteria is reachable. An author who takes a tick back (in the working tree, or on the branch) reopens it.
 */
export async function readTruth(options: {
  readonly repository: Repository;
  /** The tip of the branch; null when there is no branch yet. */
  readonly tip: string | null;
  readonly specsPath: string | null;
  readonly units: readonly UnitSpec[];
}): Promise<(unit: UnitSpec) => Truth> {
  const { repository, tip } = options;
  const landed = tip === null ? new Map<string, LandedUnit>() : await readLanded(repository, tip);
  const files = new Map<string, Promise<Buffer | null>>();
  const ticked = async (commit: string, unit: UnitSpec): Promise<boolean | null> => {
    if (options.specsPath === null || unit.forEachFile !== null || unit.file === '') return null;
    const path = options.specsPath === '' ? unit.file : `${options.specsPath}/${unit.file}`;
    const key = `${commit}:${path}`;
    if (!files.has(key)) files.set(key, readTreeFile(repository, commit, path));
    const bytes = await files.get(key);
    return bytes ? isTickedIn({ bytes, file: unit.file, key: unit.key, criteriaHash: unit.criteriaHash }) : null;
  };
  const truths = new Map<string, Truth>();
  for (const unit of options.units) truths.set(unit.id, await truthOf(unit));
  return (unit) => truths.get(unit.id) ?? { isDone: false, why: null };

  async function truthOf(unit: UnitSpec): Promise<Truth> {
    const found = landed.get(unit.id);
    const mine = found?.criteria === unit.criteriaHash ? found : null;
    if (unit.isTicked) return { isDone: true, commit: mine?.commit ?? null, how: 'its boxes are ticked' };
    if (tip === null) return { isDone: false, why: null };
    const onTip = await ticked(tip, unit);
    if (onTip === true) {
      const isSeen = mine === null || (await isAncestor(repository, mine.commit, repository.head));
      if (isSeen && (await ticked(repository.head, unit)) === true)
        return { isDone: false, why: 'its boxes were unticked in the working tree' };
      return { isDone: true, commit: mine?.commit ?? null, how: 'its boxes are ticked on the branch' };
    }
    if (!mine) return { isDone: false, why: null };
    if (onTip === false && (await ticked(mine.commit, unit)) === true)
      return { isDone: false, why: 'its boxes were unticked on the branch' };
    const isTickMissing = onTip === false ? { isTickMissing: true as const } : {};
    return { isDone: true, commit: mine.commit, how: 'it landed on the branch', ...isTickMissing };
  }
}

/** True for a unit that landed before its spec was committed: its boxes are still open on the branch. */
export function lacksTick(truth: Truth): boolean {
  return truth.isDone && truth.isTickMissing === true;
}
