import type { Verdict } from '../../model/evidence.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Approval, Shown } from '../../queue/units.ts';
import type { Candidate } from '../../repo/worktrees/candidate.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { ReaderRun } from '../crew/reader.ts';
import type { Train } from './train.ts';
import type { Redactor } from '../../util/text/redact.ts';

/** Work that is to be judged. */
export interface Work {
  readonly attempt: AttemptId;
  readonly attemptNumber: number;
  readonly tree: string;
  readonly commit: string;
  readonly baseCommit: string;
  readonly baseTree: string;
  readonly approvals: readonly Approval[];
}

/** What judging and landing need of a run. */
export type JudgingRun = ReaderRun & { readonly train: Train; readonly redactor: Redactor };

/** One piece of work before its judge. */
export interface Context {
  readonly run: JudgingRun;
  readonly checkouts: Checkouts;
  readonly unit: UnitSpec;
  readonly work: Work;
  readonly nextSession: () => number;
}

/** A change, and the name that an approval of it bears. */
export interface Named {
  readonly digest: string;
  readonly change: Shown;
}

/** A candidate with its verdict. */
export type Judged = {
  readonly candidate: Extract<Candidate, { kind: 'tree' }>;
  readonly verdict: Verdict;
  /** The change on its tip, ticks aside. */
  readonly shown: Named;
  /** The same with what the unit may not touch; null where there is nothing of that. */
  readonly open: Named | null;
  /** Approvals of this very change, and the last one of another. */
  readonly approvals: readonly Approval[];
  readonly outdated: Approval | null;
};
