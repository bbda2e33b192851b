import type { Lens } from './agent.ts';
import type { Failure } from './failure.ts';

/** A command and where it is run. */
export interface Check {
  readonly command: string;
  /** A folder of the repository; '' for its root. */
  readonly cwd: string;
  /** Hosts that it may reach beyond what everybody's commands may; left out for none. */
  readonly hosts?: readonly string[];
}

/** How the command of a check ended on one tree. */
export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** SHA-256 of the whole kept output. */
  readonly digest: string;
  /** The beginning and the end of the output, printable. */
  readonly excerpt: string;
  /** What the output says of the first thing that went wrong, in a few lines; left out where it was green, or says nothing. */
  readonly shows?: readonly string[];
  /** Where the whole output lies: an absolute path. */
  readonly output?: string;
  /** Tests that a known runner counted; null when the runner is not known. */
  readonly testsRun: number | null;
  /** The sandbox tier that it ran in. */
  readonly tier: string;
  /** Names of the tests that ran, where the runner tells them all; verdicts leave them out. */
  readonly testNames?: readonly string[];
  /** True when the command was not run at all, since what it needs could not be installed. */
  readonly setUpFailed?: true;
}

/** A place in the judged tree that a reviewer points to; it was looked up and is really there. */
export interface Quote {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What came of a canary. */
export type CanaryEnd =
  | { readonly verdict: 'caught' | 'missed'; readonly file: string; readonly line: number; readonly command: string }
  | { readonly verdict: 'none'; readonly why: string };

/** Changed lines that no check notices: without them everything is as green as with them. */
export interface Unproven {
  readonly file: string;
  /** From 1; with no lines, something was removed after it. */
  readonly line: number;
  readonly lines: number;
}

/** What a check turned out to be; `unclear`: how it ends before the work is not known, so that it proves nothing. */
export type CheckRole = 'proof' | 'guard' | 'unclear';

/** One recorded observation for one criterion on one tree. */
export type Evidence =
  | ({
      readonly kind: 'command';
      /** `base` before the work, `candidate` on the tree that would land. */
      readonly on: 'base' | 'candidate';
      readonly tree: string;
      readonly command: string;
      /** Left out for the root. */
      readonly cwd?: string;
      readonly hosts?: readonly string[];
    } & CommandEnd)
  | ({
      /** A copy of a protected test with a wrong expected value: it must fail, or the test runner was captured. */
      readonly kind: 'canary';
      readonly on: 'candidate';
      readonly tree: string;
      readonly tier: string;
    } & CanaryEnd)
  | {
      readonly kind: 'review';
      readonly on: 'candidate';
      readonly tree: string;
      readonly verdict: 'confirmed' | 'refuted';
      readonly reason: string;
      readonly quotes: readonly Quote[];
      /** Left out in evidence from before there were lenses. */
      readonly lens?: Lens;
      /** A command that shows the refutation: it was run, and ended red. */
      readonly command?: string;
    }
  | {
      readonly kind: 'person';
      readonly on: 'candidate';
      readonly tree: string;
      readonly verdict: 'approved' | 'rejected';
      readonly by: string;
      readonly message: string;
    };

/** How the command of a check ended on a tree. */
export type CommandEvidence = Extract<Evidence, { kind: 'command' }>;

/** What follows from the evidence for one criterion. */
export interface CriterionVerdict {
  readonly position: number;
  readonly text: string;
  readonly kind: 'check' | 'claim' | 'human' | 'project-check' | 'review';
  readonly verdict: 'met' | 'unmet' | 'awaiting';
  readonly role: CheckRole | null;
  /** A word on how the role came about, e.g. `unit-written`. */
  readonly note: string | null;
  readonly failure: Failure | null;
  readonly evidence: readonly Evidence[];
}

/** What follows for a unit on one tree. */
export interface Verdict {
  readonly tree: string;
  readonly outcome: 'done' | 'awaiting' | 'not-done';
  /** The first that stands in the way; null unless `not-done`. */
  readonly failure: Failure | null;
  /** For `awaiting`: why only a person can say that something was done; null when that is not in doubt. */
  readonly doubt: string | null;
  readonly criteria: readonly CriterionVerdict[];
  /** Null when it was not looked for: checks are too slow, or there is none. */
  readonly unproven: { readonly tried: number; readonly of: number; readonly found: readonly Unproven[] } | null;
  /** Runs of checks that judging took, those known before not counted. */
  readonly checkRuns: number;
}
