import type { Check, CriterionVerdict, Evidence, Verdict } from '../model/evidence.ts';
import { type Failure, mayEndDifferently } from '../model/failure.ts';
import type { Criterion } from '../model/unit.ts';
import { releaseCanary } from './canary.ts';
import { judgeClaims, judgeHuman } from './claims.ts';
import { corroborate } from './corroborate.ts';
import { type JudgeInput, checkOf, checkOfUnit, type CommandEvidence, type JudgeContext } from './judge-context.ts';
import { looksLikeTest, looksLikeTestPart, looksLikeVerification } from './files/judge-files.ts';
import { findJudges } from './files/judges.ts';
import { checkFailure, hopelessFailure, isCutShort, readOutcome, runPatiently } from './runs/outcome.ts';
import { opensByName, testsNamedBy } from './files/protect.ts';
import { missingNames } from './runs/test-names.ts';
import { findUnproven } from './unproven.ts';

/** Sort key: criteria in file order, then project checks, then reviews. */
const place = (kind: CriterionVerdict['kind']): number => (kind === 'review' ? 2 : kind === 'project-check' ? 1 : 0);

/** Canaries per unit: each is one more run of a check. */
const maxCanaries = 2;

/**
 * Judges one tree by the unit's criteria and the project's checks. The outcome is `done` only if every check passes, at
 * least one of them failed before (a proof) or a claim is confirmed, every claim is confirmed, and every human
 * criterion is approved. Missing evidence means not done.
 */
export async function judge(context: JudgeContext, input: JudgeInput): Promise<Verdict> {
  const verdicts: CriterionVerdict[] = [];
  const { unit, candidate } = input;
  const runsBefore = context.checkRuns();

  for (const criterion of unit.criteria)
    if (criterion.kind === 'check') verdicts.push(await judgeCheck(context, input, criterion));
  for (const [position, check] of input.projectChecks.entries())
    verdicts.push(await judgeProjectCheck(context, input, check, position));
  const isRed = (): boolean => verdicts.some((verdict) => verdict.verdict === 'unmet');
  if (isRed()) await accuse(context, input, verdicts);
  else if (input.look !== 'trial') {
    await releaseCanaries(context, input, verdicts);
    if (input.look === 'first' && !isRed()) await corroborate(context, input, verdicts, checksOf);
  }
  // Reviewers cost money: ask them only if no command has failed.
  const reviewed = isRed() ? null : await judgeClaims(context, input, verdicts);
  if (reviewed !== null) verdicts.push(...reviewed.verdicts);
  verdicts.push(...judgeHuman(input));
  const inOrder = verdicts.toSorted((a, b) => place(a.kind) - place(b.kind) || a.position - b.position);
  const unmet =
    inOrder.find((verdict) => verdict.failure?.reason === 'tampered')?.failure ??
    inOrder.find((verdict) => verdict.failure && !mayEndDifferently(verdict.failure))?.failure ??
    inOrder.find((verdict) => verdict.failure)?.failure ??
    null;
  const missing = unmet === null ? missingProof(input, inOrder, reviewed?.unconfirmed ?? null) : null;
  const doubt = missing === null ? null : doubtOf(missing, inOrder);
  const failure = unmet ?? (doubt === null ? missing : null);
  const isAwaiting = doubt !== null || inOrder.some((verdict) => verdict.verdict === 'awaiting');
  const runMs = checksOf(inOrder).reduce((sum, { after }) => sum + after.durationMs, 0);
  return {
    tree: candidate.tree,
    outcome: failure ? 'not-done' : isAwaiting ? 'awaiting' : 'done',
    failure,
    doubt,
    unproven: failure || input.look !== 'first' ? null : await findUnproven(context, input, runMs),
    checkRuns: context.checkRuns() - runsBefore,
    criteria: inOrder.map((verdict) => ({ ...verdict, evidence: verdict.evidence.map(withoutNames) })),
  };
}

/** Drops test names: they are needed for comparison only, and reports would list hundreds. */
function withoutNames(evidence: Evidence): Evidence {
  if (evidence.kind !== 'command') return evidence;
  const { testNames: _names, ...rest } = evidence;
  return rest;
}

async function judgeCheck(context: JudgeContext, input: JudgeInput, criterion: Criterion): Promise<CriterionVerdict> {
  const { cwd } = input.unit;
  const check = checkOfUnit(input.unit, criterion.command ?? '');
  const after = await context.runCheck(input.candidate.tree, check, 'candidate');
  const files = [
    ...new Set([...testsNamedBy(check.command, cwd), ...(await verifiersRunBy(context, input, check))]),
  ].filter((path) => (!input.baseFiles.has(path) || input.ownFiles.has(path)) && input.candidate.allFiles.has(path));
  // A test that the unit wrote (now, or in an earlier landing) does not exist at the base. It is a proof only if it fails
  // without the rest of the change and a reviewer confirms that it asserts the criterion (asked with the claims).
  const isUnitWritten = files.length > 0;
  const baseTree = isUnitWritten
    ? await context.withFiles(input.baseTree, input.candidate.tree, files)
    : input.baseTree;
  const before = await runPatiently((again) => context.runCheck(baseTree, check, 'base', again));
  const failure =
    hopelessFailure(criterion.text, before, after) ??
    checkFailure(criterion.text, after) ??
    (isUnitWritten ? null : fewerTests(input, criterion.text, before, after));
  // A check that failed before is a proof, unless it fails only now and then.
  const isRed = criterion.isGuard !== true && readOutcome(before).kind === 'red';
  const second = !isRed || failure ? null : await context.runCheck(baseTree, check, 'base', true);
  const isFlaky = second !== null && readOutcome(second).kind === 'green';
  const unclear = [before, ...(second ? [second] : [])].map(readOutcome).find((outcome) => outcome.kind === 'unclear');
  const written = isUnitWritten ? `unit-written: ${files.join(', ')}` : null;
  return {
    position: criterion.position,
    text: criterion.text,
    kind: 'check',
    verdict: failure ? 'unmet' : 'met',
    role: unclear ? 'unclear' : !isRed || isFlaky ? 'guard' : isUnitWritten ? null : 'proof',
    note: unclear ? `before the work ${unclear.why}, so the result proves nothing` : isFlaky ? flakyNote : written,
    failure,
    evidence: [before, after],
  };
}

/** Programs that a check runs, existing or not, whose names suggest a verification. */
async function verifiersRunBy(context: JudgeContext, input: JudgeInput, check: Check): Promise<string[]> {
  const read = async (file: string): Promise<string | null> => context.readFile(input.baseTree, file);
  const { scripts, tests } = await findJudges([check], { files: input.baseFiles, read });
  return [...scripts, ...tests].filter(looksLikeVerification);
}

const flakyNote = 'flaky: two runs on the tree before the work gave different results, so it proves nothing';

async function judgeProjectCheck(
  context: JudgeContext,
  input: JudgeInput,
  check: JudgeInput['projectChecks'][number],
  position: number,
): Promise<CriterionVerdict> {
  const base = { command: check.command, cwd: '' };
  const before = await runPatiently((again) => context.runCheck(input.baseTree, base, 'base', again));
  const after = await context.runCheck(input.candidate.tree, { command: check.command, cwd: '' }, 'candidate');
  const failure = checkFailure(check.name, after) ?? fewerTests(input, check.name, before, after);
  return {
    position,
    text: check.name,
    kind: 'project-check',
    verdict: failure ? 'unmet' : 'met',
    role: 'guard',
    note: null,
    failure,
    evidence: [before, after],
  };
}

/** The checks among the verdicts, each with its run on the candidate. */
function checksOf(
  verdicts: readonly CriterionVerdict[],
): { readonly verdict: CriterionVerdict; readonly after: CommandEvidence }[] {
  return verdicts.flatMap((verdict) => {
    const after = verdict.evidence.find((evidence) => evidence.kind === 'command' && evidence.on === 'candidate');
    return after?.kind === 'command' ? [{ verdict, after }] : [];
  });
}

/**
 * Explains a failing check. If it passes with the changes that were left out, the failure is `outside-touches`. If it
 * passes with protected paths as the agent left them, restoring them changed the verdict: that is tampering.
 */
async function accuse(context: JudgeContext, input: JudgeInput, verdicts: CriterionVerdict[]): Promise<void> {
  const { restored, unrestoredTree, openTree, judges } = input.candidate;
  if (openTree !== input.candidate.tree && input.look !== 'trial') {
    const red = checksOf(verdicts).filter(({ verdict }) => verdict.failure !== null);
    const opened = await allGreen(context, openTree, red);
    if (opened) {
      for (const { verdict, after } of red) {
        const { command } = after;
        const failure: Failure = { reason: 'outside-touches', criterion: verdict.text, command, files: judges };
        verdicts[verdicts.indexOf(verdict)] = { ...verdict, failure };
      }
      return;
    }
  }
  if (restored.length === 0) return;
  for (const { verdict, after } of checksOf(verdicts)) {
    // A run that was cut short accuses nobody: with the paths as they were left it may only have been quicker.
    if (verdict.failure === null || isCutShort(readOutcome(after))) continue;
    const withThem = await context.runCheck(unrestoredTree, checkOf(after), 'candidate');
    if (readOutcome(withThem).kind !== 'green') continue;
    const failure: Failure = {
      reason: 'tampered',
      criterion: verdict.text,
      command: after.command,
      by: 'restore',
      files: restored,
    };
    verdicts[verdicts.indexOf(verdict)] = { ...verdict, failure };
    return;
  }
}

async function allGreen(context: JudgeContext, tree: string, checks: ReturnType<typeof checksOf>): Promise<boolean> {
  for (const { verdict, after } of checks)
    if (checkFailure(verdict.text, await context.runCheck(tree, checkOf(after), 'candidate')) !== null) return false;
  return true;
}

/** Releases one canary for each of the first checks, the unit's own first. */
async function releaseCanaries(context: JudgeContext, input: JudgeInput, verdicts: CriterionVerdict[]): Promise<void> {
  if (input.candidate.files.length === 0) return;
  const released = new Set<string>();
  for (const { verdict, after } of checksOf(verdicts)) {
    const isOwn = verdict.kind === 'check';
    const isKnown = after.testsRun !== null;
    if (released.has(after.command) || (!isOwn && (!isKnown || released.size > 0))) continue;
    if (isKnown && released.size >= maxCanaries) return;
    const end = await releaseCanary(context, input, after);
    if (end.verdict !== 'none') released.add(after.command);
    const { tier } = after;
    const canary: Evidence = { kind: 'canary', on: 'candidate', tree: input.candidate.tree, tier, ...end };
    const failure: Failure | null =
      end.verdict === 'missed'
        ? { reason: 'tampered', criterion: verdict.text, command: after.command, by: 'canary', files: [end.file] }
        : null;
    verdicts[verdicts.indexOf(verdict)] = {
      ...verdict,
      ...(failure ? { failure, verdict: 'unmet' as const } : {}),
      evidence: [...verdict.evidence, canary],
    };
    if (failure) return;
  }
}

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

/** The reason to ask a person if only an unclear result on the base keeps the work from being proven; else null. */
function doubtOf(missing: Failure, verdicts: readonly CriterionVerdict[]): string | null {
  if (missing.reason !== 'no-proof' && missing.reason !== 'flaky-proof') return null;
  const unclear = checksOf(verdicts).find(({ verdict }) => verdict.role === 'unclear');
  if (!unclear) return null;
  return `all checks pass, but nothing shows that they failed before the work: \`${unclear.after.command}\`: ${unclear.verdict.note ?? ''}`;
}

/** The failure if all is green but nothing proves that the unit was done. */
function missingProof(
  input: JudgeInput,
  verdicts: readonly CriterionVerdict[],
  unconfirmed: Failure | null,
): Failure | null {
  const hasProof = verdicts.some((verdict) => verdict.role === 'proof' && verdict.verdict === 'met');
  if (hasProof || input.approvals.length > 0) return null;
  const flaky = checksOf(verdicts).find(({ verdict }) => verdict.note === flakyNote);
  const { files, judges } = input.candidate;
  if (files.length === 0 && judges.length > 0)
    return { reason: 'outside-touches', criterion: null, command: null, files: judges };
  if (files.length === 0) return { reason: 'empty-change' };
  const isBacked = verdicts.some(
    (verdict) => (verdict.kind === 'claim' && verdict.verdict === 'met') || verdict.kind === 'human',
  );
  if (isBacked) return null;
  return flaky
    ? { reason: 'flaky-proof', criterion: flaky.verdict.text, command: flaky.after.command }
    : (unconfirmed ?? { reason: 'no-proof' });
}
