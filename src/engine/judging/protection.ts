import type { UnitSpec } from '../../model/unit.ts';
import type { Merging } from '../../repo/worktrees/candidate.ts';
import { type Protection, protectedPaths } from '../../verify/files/protect.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import { wholeFolderOf } from '../project/specs-place.ts';
import { claimedPaths } from './claimed-paths.ts';

/** What decides which paths are protected, besides the unit. */
export type ProtectingRun = Target & Pick<Scope, 'specsPath' | 'config' | 'asked' | 'promptFiles'>;

/** The function that says what a unit may do with the paths that its work changes; see `verify/files/protect.ts`. */
export async function protectionOf(
  run: ProtectingRun,
  unit: UnitSpec,
  baseFiles: ReadonlySet<string>,
  merging: Merging,
): Promise<(path: string) => Protection> {
  return protectedPaths({
    unit,
    specsPath: wholeFolderOf(run),
    specFiles: run.asked.files,
    claimed: await claimedPaths(run, unit, merging),
    ignore: run.config.ignore,
    contracts: askedFor(run.asked.units).contracts,
    protect: run.config.protect,
    instructing: run.promptFiles,
    baseFiles,
  });
}
