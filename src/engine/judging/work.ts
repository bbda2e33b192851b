import type { Verdict } from '../../model/evidence.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Approval, MergedWith, Shown } from '../../queue/units.ts';
import type { Candidate } from '../../repo/worktrees/candidate.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { ReaderRun } from '../crew/reader.ts';
import type { Earlier } from './earlier.ts';
import type { ConfirmedReviews } from './confirmed-reviews.ts';
import type { MergeQueue } from './merge-queue.ts';
import type { Overlaps } from './overlaps.ts';
import type { Redactor } from '../../util/text/redact.ts';

/** Work to be judged. */
export interface Work {
  readonly attempt: AttemptId;
  readonly attemptNumber: number;
  readonly tree: string;
  readonly commit: string;
  readonly baseCommit: string;
  readonly baseTree: string;
  readonly approvals: readonly Approval[];
  /** Units with whose changes an agent merged it. */
  readonly mergedWith: readonly MergedWith[];
}

/** The parts of a run that judging and landing need. */
export type JudgingRun = ReaderRun & {
  readonly mergeQueue: MergeQueue;
  readonly redactor: Redactor;
  readonly overlaps: Overlaps;
};

/** One piece of work and the means to judge it. */
export interface Context {
  readonly run: JudgingRun;
  readonly checkouts: Checkouts;
  readonly unit: UnitSpec;
  readonly work: Work;
  readonly nextSession: () => number;
  readonly confirmed: ConfirmedReviews;
}

/** A change and its digest, which approvals refer to. */
export interface Named {
  readonly digest: string;
  readonly change: Shown;
}

/** A candidate that is ready to be judged. */
export interface Built {
  readonly kind: 'built';
  readonly candidate: Extract<Candidate, { kind: 'tree' }>;
  /** The change relative to the tip, without ticks. */
  readonly shown: Named;
  /** The change including files outside of `touches`; null if there are none. */
  readonly open: Named | null;
  /** Approvals of exactly this change, and the last one of another. */
  readonly approvals: readonly Approval[];
  readonly outdated: Approval | null;
  /** Files of the tree that the work began on. */
  readonly baseFiles: ReadonlySet<string>;
  /** Units whose changes were merged with this one's by itself although git saw a conflict. */
  readonly joinedWith: readonly Earlier[];
  /** Those, and units with whose changes an agent merged it: their criteria are judged, too. */
  readonly earlier: readonly Earlier[];
  /** Runs of checks that making it took. */
  readonly checkRuns: number;
}

export interface Judged {
  readonly kind: 'judged';
  readonly built: Built;
  readonly verdict: Verdict;
}
