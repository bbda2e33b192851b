import type { Check, CriterionVerdict, Evidence, Verdict } from '../model/evidence.ts';
import { type Failure, mayEndDifferently } from '../model/failure.ts';
import type { Criterion } from '../model/unit.ts';
import { releaseCanary } from './canary.ts';
import { corroborate } from './corroborate.ts';
import { type Case, checkOf, checkOfUnit, type CommandEvidence, type Court } from './court.ts';
import { looksLikeTest, looksLikeTestPart, looksLikeVerification } from './judge-files.ts';
import { findJudges } from './judges.ts';
import { checkFailure, hopelessFailure, isCutShort, readOutcome, runPatiently } from './outcome.ts';
import { opensByName, testsNamedBy } from './protect.ts';
import { askPanel, type AskReviewer, type Finding } from './panel.ts';
import { missingNames } from './test-names.ts';
import { findUnproven } from './unproven.ts';

/** Criteria in the order of the file first, then what the project and reviewers add. */
const place = (kind: CriterionVerdict['kind']): number => (kind === 'review' ? 2 : kind === 'project-check' ? 1 : 0);

/** Canaries per unit: each is one more run of a check. */
const maxCanaries = 2;

/**
 * Judges one tree by the unit's own criteria and the project's checks. Done means: every check green, at least one of
 * them red before (a proof) or a claim confirmed, every claim confirmed, every human criterion approved. Anything
 * that is missing is not done.
 */
export async function judge(court: Court, it: Case): Promise<Verdict> {
  const verdicts: CriterionVerdict[] = [];
  const { unit, candidate } = it;
  const runsBefore = court.checkRuns();

  for (const criterion of unit.criteria)
    if (criterion.kind === 'check') verdicts.push(await judgeCheck(court, it, criterion));
  for (const [position, check] of it.projectChecks.entries())
    verdicts.push(await judgeProjectCheck(court, it, check, position));
  const isRed = (): boolean => verdicts.some((verdict) => verdict.verdict === 'unmet');
  if (isRed()) await accuse(court, it, verdicts);
  else if (it.look !== 'trial') {
    await releaseCanaries(court, it, verdicts);
    if (it.look === 'first' && !isRed()) await corroborate(court, it, verdicts, checksOf);
  }
  // Reviewers cost money: they are asked only about what commands do not refute already.
  const heard = isRed() ? null : await judgeClaims(court, it, verdicts);
  if (heard !== null) verdicts.push(...heard.verdicts);
  verdicts.push(...judgeHuman(it));
  const inOrder = verdicts.toSorted((a, b) => place(a.kind) - place(b.kind) || a.position - b.position);
  const unmet =
    inOrder.find((verdict) => verdict.failure?.reason === 'tampered')?.failure ??
    inOrder.find((verdict) => verdict.failure && !mayEndDifferently(verdict.failure))?.failure ??
    inOrder.find((verdict) => verdict.failure)?.failure ??
    null;
  const missing = unmet === null ? missingProof(it, inOrder, heard?.unconfirmed ?? null) : null;
  const doubt = missing === null ? null : doubtOf(missing, inOrder);
  const failure = unmet ?? (doubt === null ? missing : null);
  const isAwaiting = doubt !== null || inOrder.some((verdict) => verdict.verdict === 'awaiting');
  const runMs = checksOf(inOrder).reduce((sum, { after }) => sum + after.durationMs, 0);
  return {
    tree: candidate.tree,
    outcome: failure ? 'not-done' : isAwaiting ? 'awaiting' : 'done',
    failure,
    doubt,
    unproven: failure || it.look !== 'first' ? null : await findUnproven(court, it, runMs),
    checkRuns: court.checkRuns() - runsBefore,
    criteria: inOrder.map((verdict) => ({ ...verdict, evidence: verdict.evidence.map(withoutNames) })),
  };
}

/** Names of tests are there to be compared; nobody reads hundreds of them in a report. */
function withoutNames(evidence: Evidence): Evidence {
  if (evidence.kind !== 'command') return evidence;
  const { testNames: _names, ...rest } = evidence;
  return rest;
}

async function judgeCheck(court: Court, it: Case, criterion: Criterion): Promise<CriterionVerdict> {
  const { cwd } = it.unit;
  const check = checkOfUnit(it.unit, criterion.command ?? '');
  const after = await court.runCheck(it.candidate.tree, check, 'candidate');
  const files = [...new Set([...testsNamedBy(check.command, cwd), ...(await verifiersRunBy(court, it, check))])].filter(
    (path) => (!it.baseFiles.has(path) || it.ownFiles.has(path)) && it.candidate.allFiles.has(path),
  );
  // A test that the unit wrote itself, now or when it landed before, cannot be run at the base; it is a proof only if it is red without the rest of
  // the change, and a reviewer confirms that it asserts the criterion (asked together with the claims).
  const isUnitWritten = files.length > 0;
  const baseTree = isUnitWritten ? await court.withFiles(it.baseTree, it.candidate.tree, files) : it.baseTree;
  const before = await runPatiently((again) => court.runCheck(baseTree, check, 'base', again));
  const failure =
    hopelessFailure(criterion.text, before, after) ??
    checkFailure(criterion.text, after) ??
    (isUnitWritten ? null : fewerTests(it, criterion.text, before, after));
  // What was red before is a proof, unless it is only red now and then.
  const isRed = readOutcome(before).kind === 'red';
  const again = !isRed || failure ? null : await court.runCheck(baseTree, check, 'base', true);
  const isFlaky = again !== null && readOutcome(again).kind === 'green';
  const unclear = [before, ...(again ? [again] : [])].map(readOutcome).find((outcome) => outcome.kind === 'unclear');
  const written = isUnitWritten ? `unit-written: ${files.join(', ')}` : null;
  return {
    position: criterion.position,
    text: criterion.text,
    kind: 'check',
    verdict: failure ? 'unmet' : 'met',
    role: unclear ? 'unclear' : !isRed || isFlaky ? 'guard' : isUnitWritten ? null : 'proof',
    note: unclear ? `before the work ${unclear.why}: that proves nothing` : isFlaky ? flakyNote : written,
    failure,
    evidence: [before, after],
  };
}

/** Programs that a check runs, there or not yet, which by their names decide whether something holds. */
async function verifiersRunBy(court: Court, it: Case, check: Check): Promise<string[]> {
  const read = async (file: string): Promise<string | null> => court.readFile(it.baseTree, file);
  const { scripts, tests } = await findJudges([check], { files: it.baseFiles, read });
  return [...scripts, ...tests].filter(looksLikeVerification);
}

const flakyNote = 'flaky: two runs on the tree before the work gave two results, so it proves nothing';

async function judgeProjectCheck(
  court: Court,
  it: Case,
  check: Case['projectChecks'][number],
  position: number,
): Promise<CriterionVerdict> {
  const base = { command: check.command, cwd: '' };
  const before = await runPatiently((again) => court.runCheck(it.baseTree, base, 'base', again));
  const after = await court.runCheck(it.candidate.tree, { command: check.command, cwd: '' }, 'candidate');
  const failure = checkFailure(check.name, after) ?? fewerTests(it, check.name, before, after);
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

/** The checks among some verdicts, with how they ended before and after. */
function checksOf(
  verdicts: readonly CriterionVerdict[],
): { readonly verdict: CriterionVerdict; readonly after: CommandEvidence }[] {
  return verdicts.flatMap((verdict) => {
    const after = verdict.evidence.find((evidence) => evidence.kind === 'command' && evidence.on === 'candidate');
    return after?.kind === 'command' ? [{ verdict, after }] : [];
  });
}

/**
 * A check that is red now that protected paths are as they were, and green with them as the agent left them: the
 * verdict would have been another one. That is tampering, and not just work that falls short.
 */
async function accuse(court: Court, it: Case, verdicts: CriterionVerdict[]): Promise<void> {
  const { restored, unrestoredTree, openTree, judges } = it.candidate;
  if (openTree !== it.candidate.tree && it.look !== 'trial') {
    const red = checksOf(verdicts).filter(({ verdict }) => verdict.failure !== null);
    const opened = await allGreen(court, openTree, red);
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
    // An end that was cut short accuses nobody: with the paths as they were left it may only have been quicker.
    if (verdict.failure === null || isCutShort(readOutcome(after))) continue;
    const withThem = await court.runCheck(unrestoredTree, checkOf(after), 'candidate');
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

async function allGreen(court: Court, tree: string, checks: ReturnType<typeof checksOf>): Promise<boolean> {
  for (const { verdict, after } of checks)
    if (checkFailure(verdict.text, await court.runCheck(tree, checkOf(after), 'candidate')) !== null) return false;
  return true;
}

/** One canary for each of the first checks; the unit's own come first. */
async function releaseCanaries(court: Court, it: Case, verdicts: CriterionVerdict[]): Promise<void> {
  if (it.candidate.files.length === 0) return;
  const released = new Set<string>();
  for (const { verdict, after } of checksOf(verdicts)) {
    const isOwn = verdict.kind === 'check';
    const isKnown = after.testsRun !== null;
    if (released.has(after.command) || (!isOwn && (!isKnown || released.size > 0))) continue;
    if (isKnown && released.size >= maxCanaries) return;
    const end = await releaseCanary(court, it, after);
    if (end.verdict !== 'none') released.add(after.command);
    const { tier } = after;
    const canary: Evidence = { kind: 'canary', on: 'candidate', tree: it.candidate.tree, tier, ...end };
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
 * A check that ran on the base and still runs, but not all of its tests: by name where the runner tells them, else by
 * number. A unit that opens tests by name (`touches`) may remove some.
 */
function fewerTests(it: Case, criterion: string, before: CommandEvidence, after: CommandEvidence): Failure | null {
  if (before.testsRun === null) return null;
  if (it.candidate.files.some((file) => looksLikeTest(file) && opensByName(it.unit.touches, file))) return null;
  const count = after.testsRun ?? 0;
  const missing = before.testNames && after.testNames ? missingNames(before.testNames, after.testNames) : [];
  // Names alone may go with how a test ends ("ok 1 - a", "not ok 1 - no a") while no test was changed.
  const isRenamed = count >= before.testsRun && !it.candidate.files.some(looksLikeTestPart);
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

/** What reviewers were asked about, and what came of it. */
interface Heard {
  /** Of the claims, and of the question whether anything was gamed. */
  readonly verdicts: CriterionVerdict[];
  /** Why a test that the unit wrote itself is no proof; null when none was refuted or left without a word. */
  readonly unconfirmed: Failure | null;
}

async function judgeClaims(court: Court, it: Case, verdicts: CriterionVerdict[]): Promise<Heard> {
  const claims = it.unit.criteria.filter((criterion) => criterion.kind === 'claim');
  const undecided = verdicts.filter((verdict) => verdict.kind === 'check' && verdict.role === null);
  const questions = [
    ...claims.map((claim) => claim.text),
    ...undecided.map(
      (check) =>
        `The files of this check (${check.note ?? ''}) really assert this, and would fail if it did not hold: ${check.text}`,
    ),
  ];
  const isGamingAsked =
    court.isGamingAsked && it.look === 'first' && it.unit.kind === 'change' && it.candidate.files.length > 0;
  if (questions.length === 0 && !isGamingAsked) return { verdicts: [], unconfirmed: null };
  const ask: AskReviewer = (lens, asked) => court.review(it.candidate.tree, lens, asked);
  const panel = await askPanel(ask, { claims: questions, isGamingAsked, reviewers: court.reviewers });
  let unconfirmed: Failure | null = null;
  for (const [index, check] of undecided.entries()) {
    const finding = panel.claims[claims.length + index];
    const isConfirmed = finding?.failure === null;
    if (finding?.failure) unconfirmed ??= ofOwnTest(finding.failure, check);
    const at = verdicts.indexOf(check);
    verdicts[at] = {
      ...check,
      role: isConfirmed ? 'proof' : 'guard',
      note: `${check.note ?? ''} (${isConfirmed ? 'red without the change, and reviewers confirm what it asserts' : 'reviewers do not confirm that it asserts the criterion'})`,
      evidence: [...check.evidence, ...(finding?.evidence ?? [])],
    };
  }
  const judged = claims.map((claim, index) =>
    reviewVerdict('claim', claim.position, claim.text, panel.claims[index] ?? { evidence: [], failure: null }),
  );
  return {
    verdicts: panel.gaming ? [...judged, reviewVerdict('review', 0, 'Nothing was gamed', panel.gaming)] : judged,
    unconfirmed,
  };
}

/** What a reviewer said of a test that the unit wrote itself, in the words of the criterion. */
function ofOwnTest(failure: Failure, check: CriterionVerdict): Failure {
  if (failure.reason !== 'claim-refuted' && failure.reason !== 'no-evidence') return failure;
  return { ...failure, criterion: `its own test asserts: ${check.text}` };
}

function reviewVerdict(kind: 'claim' | 'review', position: number, text: string, finding: Finding): CriterionVerdict {
  const { failure, evidence } = finding;
  return { position, text, kind, verdict: failure ? 'unmet' : 'met', role: null, note: null, failure, evidence };
}

function judgeHuman(it: Case): CriterionVerdict[] {
  return it.unit.criteria
    .filter((criterion) => criterion.kind === 'human')
    .map((criterion) => ({
      position: criterion.position,
      text: criterion.text,
      kind: 'human',
      verdict: it.approvals.length > 0 ? 'met' : 'awaiting',
      role: null,
      note: null,
      failure: null,
      evidence: it.approvals.map((approval) => ({
        kind: 'person',
        on: 'candidate',
        tree: it.candidate.tree,
        verdict: 'approved',
        ...approval,
      })),
    }));
}

/** Where only doubt about the base keeps work from being proven, a person decides: why; null when it is not that. */
function doubtOf(missing: Failure, verdicts: readonly CriterionVerdict[]): string | null {
  if (missing.reason !== 'no-proof' && missing.reason !== 'flaky-proof') return null;
  const unclear = checksOf(verdicts).find(({ verdict }) => verdict.role === 'unclear');
  if (!unclear) return null;
  return `everything is green, but nothing shows that it was not before: \`${unclear.after.command}\`: ${unclear.verdict.note ?? ''}`;
}

/** All green, but does anything show that something was done? */
function missingProof(it: Case, verdicts: readonly CriterionVerdict[], unconfirmed: Failure | null): Failure | null {
  const hasProof = verdicts.some((verdict) => verdict.role === 'proof' && verdict.verdict === 'met');
  if (hasProof || it.approvals.length > 0) return null;
  const flaky = checksOf(verdicts).find(({ verdict }) => verdict.note === flakyNote);
  const { files, judges } = it.candidate;
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
