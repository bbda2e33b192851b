import type { CanaryEnd, Check, CriterionVerdict } from '../model/evidence.ts';
import type { Failure } from '../model/failure.ts';
import type { UnitId } from '../model/ids.ts';
import type { Criterion } from '../model/unit.ts';
import { releaseCanary } from './canary.ts';
import { isOnlyRead } from './files/descriptions.ts';
import { looksLikeTest, looksLikeTestPart, looksLikeVerification } from './files/judge-files.ts';
import { findJudges } from './files/judges.ts';
import { opensByName, testsNamedBy } from './files/protect.ts';
import { checkOfUnit, type CommandEvidence, type JudgeContext, type JudgeInput } from './judge-context.ts';
import { checkFailure, hopelessFailure, readOutcome, runPatiently } from './runs/outcome.ts';
import type { Step, Steps } from './runs/steps.ts';
import { missingNames } from './runs/test-names.ts';

/** A check of a judgement, with all of its runs that a verdict may need. */
export interface JudgedCheck {
  readonly kind: 'check' | 'project-check';
  /** The criterion's text, or the project check's name. */
  readonly text: string;
  readonly check: Check;
  /** True if it failed on the candidate before this judgement. */
  readonly wasRed: boolean;
  /** True if it may prove that the unit was done. */
  readonly mayProve: boolean;
  /** Test files that the unit added, and that the check may need. */
  readonly added: readonly string[];
  /** True if it runs a test that the unit wrote. */
  readonly isWritten: () => Promise<boolean>;
  readonly verdict: () => Promise<CriterionVerdict>;
  readonly after: Step<CommandEvidence>;
  readonly before: Step<CommandEvidence>;
  /** The base again: was it red by chance? */
  readonly second: Step<CommandEvidence>;
  /** The candidate again. */
  readonly repeat: Step<CommandEvidence>;
  /** The candidate without its changes outside of `touches`. */
  readonly core: Step<CommandEvidence>;
  /** The same without the tests that the unit added, and the base with them. */
  readonly withoutAdded: Step<CommandEvidence>;
  readonly withAdded: Step<CommandEvidence>;
  readonly canary: Step<CanaryEnd>;
  /** The candidate with the changes that judge, and with protected paths as the agent left them. */
  readonly opened: Step<CommandEvidence>;
  readonly unrestored: Step<CommandEvidence>;
}

/** The checks of a judgement in order: the unit's own, then the project's. Nothing has begun. */
export function openChecks(context: JudgeContext, input: JudgeInput, steps: Steps): JudgedCheck[] {
  const own = input.unit.criteria.filter((criterion) => criterion.kind === 'check');
  return [
    ...own.map((criterion) => openOwn(context, input, steps, criterion)),
    ...guardsOf(input).map((guard, position) => openGuard(context, input, steps, { ...guard, position })),
  ];
}

/** A check that must keep passing, although the unit does not ask for it. */
interface Guard {
  readonly text: string;
  readonly check: Check;
  /** The tree on which it passed before. */
  readonly baseTree: string;
  /** The earlier unit that asks for it. It may have failed before already: other work may have changed what it checks. */
  readonly of?: UnitId;
}

/** The project's checks, then those of earlier units. */
function guardsOf({ projectChecks, earlier, baseTree, candidate }: JudgeInput): Guard[] {
  const project = projectChecks.map(({ name, command }) => {
    return { text: name, check: { command, cwd: '' }, baseTree };
  });
  const others = earlier.flatMap((unit) =>
    unit.criteria.flatMap(({ kind, text, command }) => {
      if (kind !== 'check' || command === null) return [];
      const check = checkOfUnit(unit, command);
      return [{ text: `${unit.key}: ${text}`, check, baseTree: candidate.tipTree, of: unit.id }];
    }),
  );
  return [...project, ...others];
}

function openOwn(context: JudgeContext, input: JudgeInput, steps: Steps, criterion: Criterion): JudgedCheck {
  const check = checkOfUnit(input.unit, criterion.command ?? '');
  const { text } = criterion;
  // A test that the unit wrote (now, or in an earlier landing) does not exist at the base. It is a proof only if it fails
  // without the rest of the change and a reviewer confirms that it asserts the criterion (asked with the claims).
  const written = once(async () => writtenTests(context, input, check));
  const baseTree = once(async () => {
    const files = await written();
    return files.length > 0 ? context.withFiles(input.baseTree, input.candidate.tree, files) : input.baseTree;
  });
  const runs = openRuns(context, input, steps, {
    kind: 'check',
    text,
    check,
    mayProve: criterion.isGuard !== true,
    baseTree,
  });
  const verdict = async (): Promise<CriterionVerdict> => {
    const after = await runs.after.result();
    const before = await runs.before.result();
    const files = await written();
    const failure =
      hopelessFailure(text, before, after) ??
      checkFailure(text, after) ??
      (files.length > 0 ? null : fewerTests(input, text, before, after));
    // A check that failed before is a proof, unless it fails only now and then.
    const isRed = criterion.isGuard !== true && readOutcome(before).kind === 'red';
    const second = !isRed || failure ? null : await runs.second.result();
    const isFlaky = second !== null && readOutcome(second).kind === 'green';
    const unclear = [before, ...(second ? [second] : [])].map(readOutcome).find((end) => end.kind === 'unclear');
    const note = files.length > 0 ? `unit-written: ${files.join(', ')}` : null;
    return {
      position: criterion.position,
      text,
      kind: 'check',
      verdict: failure ? 'unmet' : 'met',
      role: unclear ? 'unclear' : !isRed || isFlaky ? 'guard' : files.length > 0 ? null : 'proof',
      note: unclear ? `before the work ${unclear.why}, so the result proves nothing` : isFlaky ? flakyNote : note,
      failure,
      evidence: [before, after],
    };
  };
  return { ...runs, isWritten: async () => (await written()).length > 0, verdict };
}

function openGuard(
  context: JudgeContext,
  input: JudgeInput,
  steps: Steps,
  guard: Guard & { readonly position: number },
): JudgedCheck {
  const { text, check, position, of } = guard;
  const baseTree = (): Promise<string> => Promise.resolve(guard.baseTree);
  const runs = openRuns(context, input, steps, { kind: 'project-check', text, check, mayProve: false, baseTree });
  const verdict = async (): Promise<CriterionVerdict> => {
    const after = await runs.after.result();
    const before = await runs.before.result();
    const found = checkFailure(text, after) ?? fewerTests(input, text, before, after);
    const wasGreen = readOutcome(before).kind === 'green';
    const failure = of !== undefined && !wasGreen ? null : found;
    const note = found && !failure ? 'it did not pass before this merge either' : null;
    const [kind, role] = ['project-check', 'guard'] as const;
    const is = failure ? 'unmet' : 'met';
    const whose = of === undefined ? {} : { of };
    return { ...whose, position, text, kind, verdict: is, role, note, failure, evidence: [before, after] };
  };
  return { ...runs, isWritten: () => Promise.resolve(false), verdict };
}

function openRuns(
  context: JudgeContext,
  input: JudgeInput,
  steps: Steps,
  one: Pick<JudgedCheck, 'kind' | 'text' | 'check' | 'mayProve'> & { readonly baseTree: () => Promise<string> },
): Omit<JudgedCheck, 'verdict' | 'isWritten'> {
  const { tree, coreTree, openTree, unrestoredTree } = input.candidate;
  const { check, baseTree, ...named } = one;
  const onCandidate = (of: () => string | Promise<string>, again: boolean = false): Step<CommandEvidence> =>
    steps.add(async (turn) => context.runCheck(await of(), check, 'candidate', turn, again));
  const onBase = (of: () => Promise<string>, again: boolean = false): Step<CommandEvidence> =>
    steps.add(async (turn) => context.runCheck(await of(), check, 'base', turn, again));
  const added = addedTests(input).filter((file) => !isOnlyRead(file, check.command, check.cwd));
  const after = steps.add(async (turn) => context.runCheck(tree, check, 'candidate', turn));
  return {
    ...named,
    check,
    added,
    wasRed: context.wasRed(tree, check),
    after,
    before: steps.add(async (turn) => {
      const base = await baseTree();
      return runPatiently(async (again) => context.runCheck(base, check, 'base', turn, again));
    }),
    second: onBase(baseTree, true),
    repeat: onCandidate(() => tree, true),
    core: onCandidate(() => coreTree),
    withoutAdded: onCandidate(async () => context.withoutFiles(coreTree, added)),
    withAdded: onBase(async () => context.withFiles(input.baseTree, tree, added)),
    canary: steps.add(async (turn) => releaseCanary(context, input, await after.result(), turn)),
    opened: onCandidate(() => openTree),
    unrestored: onCandidate(() => unrestoredTree),
  };
}

/** Calls `make` once, at the first call. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

/** The tests that a check names or runs and that the unit wrote. */
async function writtenTests(context: JudgeContext, input: JudgeInput, check: Check): Promise<string[]> {
  const read = async (file: string): Promise<string | null> => context.readFile(input.baseTree, file);
  const { scripts, tests } = await findJudges([check], { files: input.baseFiles, read });
  // Programs, existing or not, whose names suggest a verification.
  const verifiers = [...scripts, ...tests].filter(looksLikeVerification);
  return [...new Set([...testsNamedBy(check.command, check.cwd), ...verifiers])].filter(
    (path) => (!input.baseFiles.has(path) || input.ownFiles.has(path)) && input.candidate.allFiles.has(path),
  );
}

/** The test files of the candidate that the unit added. */
function addedTests({ candidate, baseFiles, ownFiles }: JudgeInput): string[] {
  const own = [...candidate.files.filter((file) => !baseFiles.has(file)), ...ownFiles];
  return [...new Set(own)].filter((file) => candidate.allFiles.has(file) && looksLikeTestPart(file));
}

export const flakyNote = 'flaky: two runs on the tree before the work gave different results, so it proves nothing';

/**
 * The failure of a check that passes with fewer tests than on the base, compared by name where the runner prints names,
 * else by number. A unit whose `touches` opens tests by name may remove some.
 */
function fewerTests(
  input: JudgeInput,
  criterion: string,
  before: CommandEvidence,
  after: CommandEvidence,
): Failure | null {
  if (before.testsRun === null) return null;
  if (input.candidate.files.some((file) => looksLikeTest(file) && opensByName(input.unit.touches, file))) return null;
  const count = after.testsRun ?? 0;
  const missing = before.testNames && after.testNames ? missingNames(before.testNames, after.testNames) : [];
  // Names may change with the result alone ("ok 1 - a", "not ok 1 - no a") although no test was changed.
  const isRenamed = count >= before.testsRun && !input.candidate.files.some(looksLikeTestPart);
  if (isRenamed || (count >= before.testsRun && missing.length === 0)) return null;
  return {
    reason: 'fewer-tests',
    criterion,
    command: after.command,
    before: before.testsRun,
    after: count,
    missing,
  };
}
