import type { Lens } from '../model/agent.ts';
import type { Check, CommandEvidence } from '../model/evidence.ts';
import type { Reviewers } from '../model/recipe.ts';
import type { UnitSpec } from '../model/unit.ts';
import type { Reviewed } from './review.ts';

export type { CommandEvidence } from '../model/evidence.ts';

/** A stretch of a change, as the repository tells it. */
export interface ChangedLines {
  readonly path: string;
  readonly line: number;
  readonly lines: number;
  readonly oldLine: number;
  readonly oldLines: number;
}

/** What the judge is given to work with; it reaches nothing else. */
export interface Court {
  /**
   * Runs a command on a fresh checkout of a tree that no agent ever saw, or finds that it ran there before. With
   * `again` it is really run once more; `longer`: with more time.
   */
  runCheck(tree: string, check: Check, on: 'base' | 'candidate', again?: boolean | 'longer'): Promise<CommandEvidence>;
  /** Asks a fresh reviewer about claims on a tree. */
  review(tree: string, lens: Lens, claims: readonly string[]): Promise<readonly Reviewed[]>;
  /** True when a reviewer is to look at every change, whether it has claims or not. */
  readonly isGamingAsked: boolean;
  /** How many look at each claim. */
  readonly reviewers: Reviewers;
  /** A tree like `base`, with the given files as `from` has them. */
  withFiles(base: string, from: string, files: readonly string[]): Promise<string>;
  /** A tree like another, without the given files. */
  withoutFiles(tree: string, files: readonly string[]): Promise<string>;
  /** True when this check was red on this very tree before, in this run. */
  wasRed(tree: string, check: Check): boolean;
  /** True when this check ever gave two results on one and the same tree of this repository. */
  everDiffered(check: Check): Promise<boolean>;
  /** A tree with one more file, with the mode that `like` has. */
  withText(tree: string, file: string, text: string, like: string): Promise<string>;
  /** A text file of a tree; null when it is not there. */
  readFile(tree: string, file: string): Promise<string | null>;
  listHunks(before: string, after: string, files: readonly string[]): Promise<readonly ChangedLines[]>;
  /** The `after` tree with one stretch as `before` has it. */
  withoutHunk(before: string, after: string, hunk: ChangedLines): Promise<string>;
  /** Runs of checks so far that were really made. */
  checkRuns(): number;
}

/** What is judged, and by what. */
export interface Case {
  readonly unit: UnitSpec;
  /** The tree that the attempt started from. */
  readonly baseTree: string;
  readonly baseFiles: ReadonlySet<string>;
  /** Files of the base that are as an earlier landing of this very unit left them: its own word, and nobody else's. */
  readonly ownFiles: ReadonlySet<string>;
  readonly candidate: {
    readonly tree: string;
    /** What it would land on. */
    readonly tipTree: string;
    /** The same work before protected paths were put back, and which were. */
    readonly unrestoredTree: string;
    readonly restored: readonly string[];
    /** Changes that were left out since they judge, and the same work with them; `tree` itself where there are none. */
    readonly judges: readonly string[];
    readonly openTree: string;
    /** Changes outside of what the unit may touch, and the same work without them; `tree` itself where there are none. */
    readonly outside: readonly string[];
    readonly coreTree: string;
    readonly files: readonly string[];
    readonly allFiles: ReadonlySet<string>;
  };
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  /** People's words on this very work. */
  readonly approvals: readonly { readonly by: string; readonly message: string }[];
  /**
   * `first`: all there is to ask. `again`: the same work on a tip that moved meanwhile; what was found about the work
   * itself (gamed, unproven) stands. `trial`: only whether it holds.
   */
  readonly look: 'first' | 'again' | 'trial';
}

/** The check that a piece of evidence is of. */
export function checkOf(evidence: CommandEvidence): Check {
  const { command, cwd = '', hosts } = evidence;
  return { command, cwd, ...(hosts ? { hosts } : {}) };
}

/** A command of a unit as a check: where the unit works, and with what it may reach. */
export function checkOfUnit(unit: Pick<UnitSpec, 'cwd' | 'network'>, command: string): Check {
  return { command, cwd: unit.cwd, ...(unit.network.length > 0 ? { hosts: unit.network } : {}) };
}
