import type { Lens } from '../../model/agent.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Failure } from '../../model/failure.ts';
import type { Reviewers } from '../../model/recipe.ts';
import type { Reviewed } from './review.ts';

/*
 * Reviewers with different lenses vote. A claim holds when two of three confirm it; the third is asked only if the first
 * two disagree, or if the unit is risky. One reviewer decides for a small unit. A reviewer without an answer, or without
 * verifiable evidence, has no vote, and another one is asked.
 */

/** The claim that is reviewed for every unit that changes files. */
export const gamingClaim =
  'The change does what the unit asks in general. Nothing in it is special-cased for the tests or examples, hard-coded to the expected results, or made to mislead its reviewers.';

/** Lenses in the order in which they are asked. */
const lenses = ['holds', 'gaming', 'beside'] as const satisfies readonly Lens[];

/** Asks one reviewer; returns one answer per claim, in order. */
export type AskReviewer = (lens: Lens, claims: readonly string[]) => Promise<readonly Reviewed[]>;

/** What a panel found about one claim. */
export interface Finding {
  readonly evidence: readonly Evidence[];
  /** Null when the claim is confirmed. */
  readonly failure: Failure | null;
}

interface Vote {
  readonly lens: Lens;
  readonly reviewed: Reviewed;
}

/** Asks as many reviewers as each claim needs and, with `isGamingAsked`, one about the whole change. */
export async function askPanel(
  ask: AskReviewer,
  about: { readonly claims: readonly string[]; readonly isGamingAsked: boolean; readonly reviewers: Reviewers },
): Promise<{ readonly claims: readonly Finding[]; readonly gaming: Finding | null }> {
  const { claims, isGamingAsked, reviewers } = about;
  const quorum = reviewers === 1 ? 1 : 2; // confirmations that a claim needs
  const votes = claims.map((): Vote[] => []);
  const gaming: Vote[] = [];
  const askOne = async (lens: Lens, open: readonly number[], withGaming: boolean): Promise<void> => {
    const questions = [...open.map((index) => claims[index] ?? ''), ...(withGaming ? [gamingClaim] : [])];
    if (questions.length === 0) return;
    const answers = await ask(lens, questions);
    for (const [position, index] of open.entries()) {
      const reviewed = answers[position];
      if (reviewed) votes[index]?.push({ lens, reviewed });
    }
    const last = answers[open.length];
    if (withGaming && last) gaming.push({ lens, reviewed: last });
  };
  const all = claims.map((_, index) => index);
  const first = reviewers === 1 ? [isGamingAsked ? lenses[1] : lenses[0]] : lenses.slice(0, reviewers);
  // Only the gaming lens is asked whether anything was gamed.
  await Promise.all(first.map(async (lens) => askOne(lens, all, isGamingAsked && lens === 'gaming')));
  const open = all.filter((index) => reviewers < 3 && isOpen(votes[index] ?? [], quorum));
  await askOne(lenses[2], open, isGamingAsked && !gaming.some(({ reviewed }) => reviewed.evidence));
  return {
    claims: claims.map((claim, index) => decide(claim, votes[index] ?? [], quorum)),
    gaming: isGamingAsked ? decide(gamingClaim, gaming, 1) : null,
  };
}

/** True while one more vote could decide the claim. */
function isOpen(votes: readonly Vote[], quorum: number): boolean {
  if (votes.some(({ reviewed }) => reviewed.isReproduced)) return false;
  const count = (verdict: string): number =>
    votes.filter(({ reviewed }) => reviewed.evidence?.verdict === verdict).length;
  return count('confirmed') < quorum && count('refuted') < quorum && count('confirmed') + 1 >= quorum;
}

function decide(claim: string, cast: readonly Vote[], needed: number): Finding {
  // By lens, so that the result does not depend on which reviewer was faster.
  const votes = cast.toSorted((a, b) => lenses.indexOf(a.lens) - lenses.indexOf(b.lens));
  const evidence = votes.flatMap(({ reviewed }) => (reviewed.evidence ? [reviewed.evidence] : []));
  const refutations = votes.filter(({ reviewed }) => reviewed.failure?.reason === 'claim-refuted');
  const reproduced = refutations.find(({ reviewed }) => reviewed.isReproduced);
  if (reproduced) return { evidence, failure: reproduced.reviewed.failure };
  if (evidence.filter((one) => one.kind === 'review' && one.verdict === 'confirmed').length >= needed)
    return { evidence, failure: null };
  const silent = votes.find(({ reviewed }) => reviewed.failure?.reason === 'no-evidence');
  return {
    evidence,
    failure: refutations[0]?.reviewed.failure ??
      silent?.reviewed.failure ?? { reason: 'no-evidence', criterion: claim, why: 'no reviewer is configured' },
  };
}
