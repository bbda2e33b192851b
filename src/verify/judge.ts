import type { CriterionVerdict, Evidence, Verdict } from '../model/evidence.ts';
import type { Failure } from '../model/failure.ts';
import type { Criterion, UnitSpec } from '../model/unit.ts';
import { looksLikeTest, opensByName, testsNamedBy } from './protect.ts';
import type { Reviewed } from './review.ts';

type CommandEvidence = Extract<Evidence, { kind: 'command' }>;

/** What the judge is given to work with; it reaches nothing else. */
export interface Court {
  /** Runs a command on a fresh checkout of a tree that no agent ever saw, or finds that it ran there before. */
  runCheck(tree: string, command: string, on: 'base' | 'candidate'): Promise<CommandEvidence>;
  /** Asks a fresh reviewer about claims on a tree; null when no reviewer is configured. */
  review: ((tree: string, claims: readonly string[]) => Promise<readonly Reviewed[]>) | null;
  /** A tree like `base`, with the given files as `from` has them. */
  withFiles(base: string, from: string, files: readonly string[]): Promise<string>;
}

/** What is judged, and by what. */
export interface Case {
  readonly unit: UnitSpec;
  /** The tree that the attempt started from. */
  readonly baseTree: string;
  readonly baseFiles: ReadonlySet<string>;
  readonly candidate: {
    readonly tree: string;
    readonly files: readonly string[];
    readonly allFiles: ReadonlySet<string>;
  };
  readonly projectChecks: readonly { readonly name: string; readonly command: string }[];
  /** People's words on this very work. */
  readonly approvals: readonly { readonly by: string; readonly message: string }[];
}

/**
 * Judges one tree by the unit's own criteria and the project's checks. Done means: every check green, at least one of
 * them red before (a proof) or a claim confirmed, every claim confirmed, every human criterion approved. Anything
 * that is missing is not done.
 */
export async function judge(court: Court, it: Case): Promise<Verdict> {
  const verdicts: CriterionVerdict[] = [];
  const { unit, candidate } = it;

  for (const criterion of unit.criteria)
    if (criterion.kind === 'check') verdicts.push(await judgeCheck(court, it, criterion));
  for (const [position, check] of it.projectChecks.entries()) {
    const before = await court.runCheck(it.baseTree, check.command, 'base');
    const after = await court.runCheck(candidate.tree, check.command, 'candidate');
    const failure = checkFailure(check.name, after) ?? fewerTests(it, check.name, before, after);
    verdicts.push({
      position,
      text: check.name,
      kind: 'project-check',
      verdict: failure ? 'unmet' : 'met',
      role: 'guard',
      note: null,
      failure,
      evidence: [before, after],
    });
  }
  // Reviewers cost money: they are asked only about what commands do not refute already.
  const isRed = verdicts.some((verdict) => verdict.verdict === 'unmet');
  if (!isRed) verdicts.push(...(await judgeClaims(court, it, verdicts)));
  verdicts.push(...judgeHuman(it));
  const inOrder = verdicts.toSorted(
    (a, b) => Number(a.kind === 'project-check') - Number(b.kind === 'project-check') || a.position - b.position,
  );
  const failure = inOrder.find((verdict) => verdict.failure)?.failure ?? missingProof(it, inOrder);
  const isAwaiting = inOrder.some((verdict) => verdict.verdict === 'awaiting');
  return {
    tree: candidate.tree,
    outcome: failure ? 'not-done' : isAwaiting ? 'awaiting' : 'done',
    failure,
    criteria: inOrder,
  };
}

async function judgeCheck(court: Court, it: Case, criterion: Criterion): Promise<CriterionVerdict> {
  const command = criterion.command ?? '';
  const after = await court.runCheck(it.candidate.tree, command, 'candidate');
  const written = testsNamedBy(command).filter((path) => !it.baseFiles.has(path) && it.candidate.allFiles.has(path));
  // A test that the unit wrote itself cannot be run at the base; it is a proof only if it is red without the rest of
  // the change, and a reviewer confirms that it asserts the criterion (asked together with the claims).
  const isUnitWritten = written.length > 0;
  const before = isUnitWritten
    ? await court.runCheck(await court.withFiles(it.baseTree, it.candidate.tree, written), command, 'base')
    : await court.runCheck(it.baseTree, command, 'base');
  const failure =
    checkFailure(criterion.text, after) ?? (isUnitWritten ? null : fewerTests(it, criterion.text, before, after));
  return {
    position: criterion.position,
    text: criterion.text,
    kind: 'check',
    verdict: failure ? 'unmet' : 'met',
    role: checkFailure(criterion.text, before) === null ? 'guard' : isUnitWritten ? null : 'proof',
    note: isUnitWritten ? `unit-written: ${written.join(', ')}` : null,
    failure,
    evidence: [before, after],
  };
}

/**
 * A check that was green and still is, but runs fewer tests: where a known runner counted both. A unit that opens
 * tests by name (`touches`) may remove some.
 */
function fewerTests(it: Case, criterion: string, before: CommandEvidence, after: CommandEvidence): Failure | null {
  if (checkFailure(criterion, before) !== null || before.testsRun === null) return null;
  const count = after.testsRun ?? 0;
  if (count >= before.testsRun) return null;
  if (it.candidate.files.some((file) => looksLikeTest(file) && opensByName(it.unit.touches, file))) return null;
  return { reason: 'fewer-tests', criterion, command: after.command, before: before.testsRun, after: count };
}

/** Why a run of a check is not green; null when it is. */
export function checkFailure(criterion: string, evidence: CommandEvidence): Failure | null {
  const { command, exitCode, signal, timedOut, excerpt } = evidence;
  if (exitCode !== 0 || signal !== null || timedOut)
    return { reason: 'check-failed', criterion, command, exitCode, signal, timedOut, excerpt };
  if (evidence.testsRun === 0) return { reason: 'no-tests', criterion, command, excerpt };
  return null;
}

async function judgeClaims(court: Court, it: Case, verdicts: CriterionVerdict[]): Promise<CriterionVerdict[]> {
  const claims = it.unit.criteria.filter((criterion) => criterion.kind === 'claim');
  const undecided = verdicts.filter((verdict) => verdict.kind === 'check' && verdict.role === null);
  const questions = [
    ...claims.map((claim) => claim.text),
    ...undecided.map(
      (check) =>
        `The files of this check (${check.note ?? ''}) really assert this, and would fail if it did not hold: ${check.text}`,
    ),
  ];
  if (questions.length === 0) return [];
  const answers = court.review ? await court.review(it.candidate.tree, questions) : [];
  for (const [index, check] of undecided.entries()) {
    const answer = answers[claims.length + index];
    const isConfirmed = answer?.evidence?.verdict === 'confirmed';
    const at = verdicts.indexOf(check);
    verdicts[at] = {
      ...check,
      role: isConfirmed ? 'proof' : 'guard',
      note: `${check.note ?? ''} (${isConfirmed ? 'red without the change, and a reviewer confirms what it asserts' : 'no reviewer confirms that it asserts the criterion'})`,
      evidence: answer?.evidence ? [...check.evidence, answer.evidence] : check.evidence,
    };
  }
  return claims.map((claim, index): CriterionVerdict => {
    const answer: Reviewed = answers[index] ?? {
      evidence: null,
      failure: {
        reason: 'no-evidence',
        criterion: claim.text,
        why: court.review ? 'the reviewer said nothing about it' : 'no reviewer is configured',
      },
    };
    return {
      position: claim.position,
      text: claim.text,
      kind: 'claim',
      verdict: answer.failure === null && answer.evidence?.verdict === 'confirmed' ? 'met' : 'unmet',
      role: null,
      note: null,
      failure: answer.failure,
      evidence: answer.evidence ? [answer.evidence] : [],
    };
  });
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

/** All green, but does anything show that something was done? */
function missingProof(it: Case, verdicts: readonly CriterionVerdict[]): Failure | null {
  const hasProof = verdicts.some((verdict) => verdict.role === 'proof' && verdict.verdict === 'met');
  if (hasProof || it.approvals.length > 0) return null;
  if (it.candidate.files.length === 0) return { reason: 'empty-change' };
  const isBacked = verdicts.some(
    (verdict) => (verdict.kind === 'claim' && verdict.verdict === 'met') || verdict.kind === 'human',
  );
  return isBacked ? null : { reason: 'no-proof' };
}
