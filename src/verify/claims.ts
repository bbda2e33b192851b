import type { CriterionVerdict } from '../model/evidence.ts';
import type { Failure } from '../model/failure.ts';
import { inGroup } from '../model/unit.ts';
import type { JudgeContext, JudgeInput } from './judge-context.ts';
import { askPanel, type AskReviewer, type Finding } from './reviews/panel.ts';

/** The reviewers' part of a verdict. */
interface ReviewersVerdict {
  /** Verdicts on the claims and on the gaming question. */
  readonly verdicts: CriterionVerdict[];
  /** Why a unit-written test is no proof; null if none was refuted or left unanswered. */
  readonly unconfirmed: Failure | null;
}

/** Asks reviewers about the claims, the unit-written tests among `verdicts` (whose roles it sets), and gaming. */
export async function judgeClaims(
  context: JudgeContext,
  input: JudgeInput,
  verdicts: CriterionVerdict[],
): Promise<ReviewersVerdict> {
  const claims = input.unit.criteria.filter((criterion) => criterion.kind === 'claim');
  const undecided = verdicts.filter((verdict) => verdict.kind === 'check' && verdict.role === null);
  const questions = [
    ...claims.map(inGroup),
    ...undecided.map(
      (check) =>
        `The files of this check (${check.note ?? ''}) assert this and would fail if it did not hold: ${check.text}`,
    ),
  ];
  const isGamingAsked =
    context.isGamingAsked && input.look === 'first' && input.unit.kind === 'change' && input.candidate.files.length > 0;
  if (questions.length === 0 && !isGamingAsked) return { verdicts: [], unconfirmed: null };
  const ask: AskReviewer = (lens, asked) => context.review(input.candidate.tree, lens, asked);
  const panel = await askPanel(ask, { claims: questions, isGamingAsked, reviewers: context.reviewers });
  let unconfirmed: Failure | null = null;
  for (const [index, check] of undecided.entries()) {
    const finding = panel.claims[claims.length + index];
    const isConfirmed = finding?.failure === null;
    if (finding?.failure) unconfirmed ??= ofOwnTest(finding.failure, check);
    const at = verdicts.indexOf(check);
    verdicts[at] = {
      ...check,
      role: isConfirmed ? 'proof' : 'guard',
      note: `${check.note ?? ''} (${isConfirmed ? 'fails without the change, and reviewers confirm that it asserts the criterion' : 'reviewers do not confirm that it asserts the criterion'})`,
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

/** Asks reviewers whether the claims of earlier units still hold. */
export async function judgeEarlierClaims(context: JudgeContext, input: JudgeInput): Promise<CriterionVerdict[]> {
  const { tree } = input.candidate;
  const verdicts: CriterionVerdict[] = [];
  for (const unit of input.earlier) {
    const claims = unit.criteria.filter((criterion) => criterion.kind === 'claim');
    if (claims.length === 0) continue;
    const ask: AskReviewer = (lens, asked) => context.review(tree, lens, asked, unit);
    const about = { claims: claims.map(inGroup), isGamingAsked: false, reviewers: context.reviewers };
    const panel = await askPanel(ask, about);
    for (const [index, { text }] of claims.entries()) {
      const finding = panel.claims[index] ?? { evidence: [], failure: null };
      const position = 1 + verdicts.length; // 0 is for gaming
      verdicts.push({ ...reviewVerdict('review', position, `${unit.key}: ${text}`, finding), of: unit.id });
    }
  }
  return verdicts;
}

/** A reviewer's failure about a unit-written test, worded after its criterion. */
function ofOwnTest(failure: Failure, check: CriterionVerdict): Failure {
  if (failure.reason !== 'claim-refuted' && failure.reason !== 'no-evidence') return failure;
  return { ...failure, criterion: `its own test asserts: ${check.text}` };
}

function reviewVerdict(kind: 'claim' | 'review', position: number, text: string, finding: Finding): CriterionVerdict {
  const { failure, evidence } = finding;
  return { position, text, kind, verdict: failure ? 'unmet' : 'met', role: null, note: null, failure, evidence };
}

/** The human criteria: met once a person approved the work. */
export function judgeHuman(input: JudgeInput): CriterionVerdict[] {
  return input.unit.criteria
    .filter((criterion) => criterion.kind === 'human')
    .map((criterion) => ({
      position: criterion.position,
      text: criterion.text,
      kind: 'human',
      verdict: input.approvals.length > 0 ? 'met' : 'awaiting',
      role: null,
      note: null,
      failure: null,
      evidence: input.approvals.map((approval) => ({
        kind: 'person',
        on: 'candidate',
        tree: input.candidate.tree,
        verdict: 'approved',
        ...approval,
      })),
    }));
}
