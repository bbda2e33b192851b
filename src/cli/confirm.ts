import { confirm, isCancel } from '@clack/prompts';
import { describeCost } from '../engine/crew/agent-cost.ts';
import { plural } from '../util/text/plural.ts';
import { canAsk } from './consent.ts';
import type { Estimate } from '../engine/verbs/running/work-through.ts';

/** Asks for confirmation of the cost on a terminal; without one, returns true. */
export async function confirmCost(estimate: Estimate, signal: AbortSignal): Promise<boolean> {
  if (!canAsk()) return true;
  const units = estimate.units === 0 ? 'A lead' : plural(estimate.units, 'unit');
  const basis = estimate.isFromHistory ? 'based on earlier units' : 'a guess (nothing has run here yet)';
  const cost = describeCost(estimate.cost, estimate.costUsd);
  const guess = estimate.costUsd === null ? cost : `${cost}, ${basis}`;
  const cap =
    estimate.capUsd === null ? 'there is no cap (--budget sets one)' : `at most $${estimate.capUsd.toFixed(2)}`;
  const answer = await confirm({
    message: `${units} with ${estimate.agent}: ${guess}; ${cap}. Start?`,
    output: process.stderr,
    signal,
  });
  return !isCancel(answer) && answer;
}
