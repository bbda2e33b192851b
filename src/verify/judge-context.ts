import type { Lens } from '../model/agent.ts';
import type { Check, CommandEvidence } from '../model/evidence.ts';
import type { Reviewers } from '../model/recipe.ts';
import type { UnitSpec } from '../model/unit.ts';
import type { Turn } from '../util/process/turn.ts';
import type { Reviewed } from './reviews/review.ts';

export type { CommandEvidence } from '../model/evidence.ts';

/** A hunk of a change. */
export interface ChangedLines {
  readonly path: string;
  readonly line: number;
  readonly lines: number;
  readonly oldLine: number;
  readonly oldLines: number;
}

/** The operations that the judge works with; it reaches nothing else. */
export interface JudgeContext {
  /**
   * Runs a command in a fresh checkout of a tree, or returns the recorded result of an earlier run there. `again` forces
   * a new run, `longer` a new run with more time. Without a turn it is needed. Rejects once it has ended, or does not
   * start, because its turn stops it.
   */
  runCheck(
    tree: string,
    check: Check,
    on: 'base' | 'candidate',
    turn?: Turn,
    again?: boolean | 'longer',
  ): Promise<CommandEvidence>;
  /** Asks a new reviewer about claims on a tree, of the judged unit or of an earlier one; one answer per claim. */
  review(tree: string, lens: Lens, claims: readonly string[], earlier?: UnitSpec): Promise<readonly Reviewed[]>;
  /** True if a reviewer checks every change for special-casing, also without claims. */
  readonly isGamingAsked: boolean;
  /** Reviewers per claim. */
  readonly reviewers: Reviewers;
  /** The `base` tree with the given files as in `from`. */
  withFiles(base: string, from: string, files: readonly string[]): Promise<string>;
  /** The tree without the given files. */
  withoutFiles(tree: string, files: readonly string[]): Promise<string>;
  /** True if this check failed on this tree earlier in this run. */
  wasRed(tree: string, check: Check): boolean;
  /** True if this check ever gave different results on one tree of this repository. */
  everDiffered(check: Check): Promise<boolean>;
  /** The tree with one more file, which gets the mode of `like`. */
  withText(tree: string, file: string, text: string, like: string): Promise<string>;
  /** The text of a file in a tree; null if it does not exist. */
  readFile(tree: string, file: string): Promise<string | null>;
  listHunks(before: string, after: string, files: readonly string[]): Promise<readonly ChangedLines[]>;
  /** The `after` tree with one hunk reverted to `before`. */
  withoutHunk(before: string, after: string, hunk: ChangedLines): Promise<string>;
  /** Number of check runs so far that were needed; reused results do not count. */
  checkRuns(): number;
}

/** What is judged, and against which criteria. */
export interface JudgeInput {
  readonly unit: UnitSpec;
  /** The tree that the attempt started from. */
  readonly baseTree: string;
  readonly baseFiles: ReadonlySet<string>;
  /** Files of the base that are exactly as an earlier landing of this unit left them. */
  readonly ownFiles: ReadonlySet<string>;
  readonly candidate: {
    readonly tree: string;
    /** The tree that it would land on. */
    readonly tipTree: string;
    /** The same work before protected paths were restored, and the restored paths. */
    readonly unrestoredTree: string;
    readonly restored: readonly string[];
    /** Changes left out because they affect judging, and the work including them (`tree` if there are none). */
    readonly judges: readonly string[];
    readonly openTree: string;
    /** Changes outside of `touches`, and the work without them (`tree` if there are none). */
    readonly outside: readonly string[];
    readonly coreTree: string;
    readonly files: readonly string[];
    readonly allFiles: ReadonlySet<string>;
  };
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  /** Units whose changes were merged with this one's: what they ask for must still hold. */
  readonly earlier: readonly UnitSpec[];
  /** Approvals by people of exactly this work. */
  readonly approvals: readonly { readonly by: string; readonly message: string }[];
  /**
   * `first`: a full judgement. `again`: the same work on a tip that moved meanwhile; findings about the work itself
   * (gamed, unproven) are kept. `trial`: only whether it passes.
   */
  readonly look: 'first' | 'again' | 'trial';
}

/** The check that produced this evidence. */
export function checkOf(evidence: CommandEvidence): Check {
  const { command, cwd = '', hosts } = evidence;
  return { command, cwd, ...(hosts ? { hosts } : {}) };
}

/** A unit's command as a check, with the unit's folder and allowed hosts. */
export function checkOfUnit(unit: Pick<UnitSpec, 'cwd' | 'network'>, command: string): Check {
  return { command, cwd: unit.cwd, ...(unit.network.length > 0 ? { hosts: unit.network } : {}) };
}
