import type { Lens } from './agent.ts';
import type { Failure } from './failure.ts';
import type { UnitId } from './ids.ts';

/** A command and the folder in which it runs. */
export interface Check {
  readonly command: string;
  /** A folder of the repository; '' for its root. */
  readonly cwd: string;
  /** Hosts that it may reach beyond the default network policy; omitted for none. */
  readonly hosts?: readonly string[];
}

/** A failed test, as its runner printed it; null for what it did not print. */
export interface Assertion {
  readonly test: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly expected: string | null;
  readonly got: string | null;
}

/** How a check's command ended on a tree. */
interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** SHA-256 of the whole kept output. */
  readonly digest: string;
  /** The beginning and the end of the output, printable. */
  readonly excerpt: string;
  /** The first error in the output, in a few lines; omitted if it passed, or if none was found. */
  readonly shows?: readonly string[];
  /** The failed tests that a known runner printed, at most 20; omitted without any. */
  readonly assertions?: readonly Assertion[];
  /** Absolute path of the whole output. */
  readonly output?: string;
  /** Number of tests by a known runner; null for an unknown one. */
  readonly testsRun: number | null;
  /** The sandbox tier that it ran in. */
  readonly tier: string;
  /** Names of the tests that ran, if the runner prints all of them; omitted in verdicts. */
  readonly testNames?: readonly string[];
  /** True if the command did not run because its set-up failed. */
  readonly setUpFailed?: true;
}

/** A line of the judged tree that a reviewer quotes; verified to exist. */
export interface Quote {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** The result of a canary. */
export type CanaryEnd =
  | { readonly verdict: 'caught' | 'missed'; readonly file: string; readonly line: number; readonly command: string }
  | { readonly verdict: 'none'; readonly why: string };

/** Changed lines whose removal no check notices. */
export interface Unproven {
  readonly file: string;
  /** From 1; with no lines, something was removed after it. */
  readonly line: number;
  readonly lines: number;
}

/** The role of a check; `unclear`: its result before the work is unclear, so it proves nothing. */
type CheckRole = 'proof' | 'guard' | 'unclear';

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
      /** Omitted in evidence of versions without lenses. */
      readonly lens?: Lens;
      /** A command that showed the refutation: it ran and failed. */
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

/** What is observed of a command's end, wherever it ran. */
export type Observed = Omit<CommandEnd, 'tier' | 'output'>;

/** The verdict on one criterion. */
export interface CriterionVerdict {
  readonly position: number;
  readonly text: string;
  readonly kind: 'check' | 'claim' | 'human' | 'project-check' | 'review';
  /** The earlier unit that asks for it, of a merge with its change. */
  readonly of?: UnitId;
  readonly verdict: 'met' | 'unmet' | 'awaiting';
  readonly role: CheckRole | null;
  /** How the role came about, e.g. `unit-written`. */
  readonly note: string | null;
  readonly failure: Failure | null;
  readonly evidence: readonly Evidence[];
}

/** The verdict on a unit's tree. */
export interface Verdict {
  readonly tree: string;
  readonly outcome: 'done' | 'awaiting' | 'not-done';
  /** The first failure; null unless `not-done`. */
  readonly failure: Failure | null;
  /** For `awaiting`: why only a person can decide; null without such doubt. */
  readonly doubt: string | null;
  readonly criteria: readonly CriterionVerdict[];
  /** Null if not determined: checks are too slow, or there are none. */
  readonly unproven: { readonly tried: number; readonly of: number; readonly found: readonly Unproven[] } | null;
  /** Number of check runs for this verdict, without reused results. */
  readonly checkRuns: number;
}
