import type { CriterionVerdict, Evidence, Verdict } from '../model/evidence.ts';
import { type Failure, mayEndDifferently } from '../model/failure.ts';
import { accuse } from './accuse.ts';
import { lookAhead, maxCanaries, stopIfGreen } from './ahead.ts';
import { flakyNote, type JudgedCheck, openChecks } from './checks.ts';
import { judgeClaims, judgeEarlierClaims, judgeHuman } from './claims.ts';
import { corroborate } from './corroborate.ts';
import type { CommandEvidence, JudgeContext, JudgeInput } from './judge-context.ts';
import { Steps } from './runs/steps.ts';
import { findUnproven } from './unproven.ts';

/** Sort key: criteria in file order, then project checks, then reviews. */
const place = (kind: CriterionVerdict['kind']): number => (kind === 'review' ? 2 : kind === 'project-check' ? 1 : 0);

/**
 * Judges one tree by the unit's criteria and the project's checks. The outcome is `done` only if every check passes, at
 * least one of them failed before (a proof) or a claim is confirmed, every claim is confirmed, and every human
 * criterion is approved. Missing evidence means not done.
 */
export async function judge(context: JudgeContext, input: JudgeInput): Promise<Verdict> {
  const steps = new Steps();
  try {
    return await judgeBy(context, input, steps);
  } finally {
    await steps.end();
  }
}

async function judgeBy(context: JudgeContext, input: JudgeInput, steps: Steps): Promise<Verdict> {
  const { candidate } = input;
  const runsBefore = context.checkRuns();
  const checks = openChecks(context, input, steps);
  const unproven = steps.add(async (turn) => {
    const ends = await Promise.all(checks.map(({ after }) => after.result()));
    return findUnproven(
      context,
      input,
      ends.reduce((sum, { durationMs }) => sum + durationMs, 0),
      turn,
    );
  });
  const forming = checks.map(async ({ verdict }) => verdict());
  lookAhead(input, checks, forming, unproven);
  const verdicts = await Promise.all(forming); // after an error, the others end with the steps
  const isRed = (): boolean => verdicts.some((verdict) => verdict.verdict === 'unmet');
  if (isRed()) await accuse(input, checks, verdicts);
  else if (input.look !== 'trial') {
    await releaseCanaries(input, checks, verdicts);
    if (input.look === 'first' && !isRed()) await corroborate(context, input, checks, verdicts);
  }
  if (isRed()) stopIfGreen(checks, unproven);
  // Reviewers cost money: ask them only if no command has failed.
  const reviewed = isRed() ? null : await judgeClaims(context, input, verdicts);
  if (reviewed !== null) verdicts.push(...reviewed.verdicts);
  if (reviewed !== null && !isRed()) verdicts.push(...(await judgeEarlierClaims(context, input)));
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
  return {
    tree: candidate.tree,
    outcome: failure ? 'not-done' : isAwaiting ? 'awaiting' : 'done',
    failure,
    doubt,
    unproven: failure || input.look !== 'first' ? null : await unproven.result(),
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

/** The checks among the verdicts, each with its run on the candidate. */
function checksOf(
  verdicts: readonly CriterionVerdict[],
): { readonly verdict: CriterionVerdict; readonly after: CommandEvidence }[] {
  return verdicts.flatMap((verdict) => {
    const after = verdict.evidence.find((evidence) => evidence.kind === 'command' && evidence.on === 'candidate');
    return after?.kind === 'command' ? [{ verdict, after }] : [];
  });
}

/** Releases one canary for each of the first checks, the unit's own first. */
async function releaseCanaries(
  input: JudgeInput,
  checks: readonly JudgedCheck[],
  verdicts: CriterionVerdict[],
): Promise<void> {
  if (input.candidate.files.length === 0) return;
  const released = new Set<string>();
  for (const [index, { kind, text, check, after, canary }] of checks.entries()) {
    const { testsRun, tier } = await after.result();
    const isKnown = testsRun !== null;
    if (released.has(check.command) || (kind !== 'check' && (!isKnown || released.size > 0))) continue;
    if (isKnown && released.size >= maxCanaries) return;
    const end = await canary.result();
    if (end.verdict !== 'none') released.add(check.command);
    const evidence: Evidence = { kind: 'canary', on: 'candidate', tree: input.candidate.tree, tier, ...end };
    const failure: Failure | null =
      end.verdict === 'missed'
        ? { reason: 'tampered', criterion: text, command: check.command, by: 'canary', files: [end.file] }
        : null;
    const verdict = verdicts[index];
    if (verdict)
      verdicts[index] = {
        ...verdict,
        ...(failure ? { failure, verdict: 'unmet' as const } : {}),
        evidence: [...verdict.evidence, evidence],
      };
    if (failure) return;
  }
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
