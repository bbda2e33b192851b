import { confirm, isCancel } from '@clack/prompts';
import { describeCost } from '../engine/crew/agent-cost.ts';
import { plural } from '../util/text/plural.ts';
import type { Estimate } from '../engine/verbs/running/work-through.ts';

/** On a terminal, asks once before a run that can cost money; elsewhere nobody could answer, and it goes on. */
export async function confirmCost(estimate: Estimate, signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true || process.env['CI']) return true;
  const units = plural(estimate.units, 'unit');
  const basis = estimate.isFromHistory ? 'going by earlier units' : 'a guess (nothing has run here yet)';
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
