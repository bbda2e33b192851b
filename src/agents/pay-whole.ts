import { noUsage, type Order, type Outcome, type Usage } from '../model/agent.ts';
import { type BudgetScope, fromUsd } from '../model/money.ts';

/**
 * Pays for the order of a program whose calls nobody sees: its assumed price is reserved before it starts, and settled
 * with what it tells of its cost afterwards. `go` is given that price as its usage, and does not reject.
 */
export async function payWhole(
  { costUsd, isSubscription }: { readonly costUsd: number | null; readonly isSubscription: boolean },
  order: Pick<Order, 'budget'>,
  go: (assumed: Usage) => Promise<Outcome>,
): Promise<Outcome> {
  const price = costUsd === null ? null : fromUsd(costUsd);
  const cost = isSubscription ? 0 : price;
  const spent = (scope: BudgetScope, detail: string): Outcome => ({
    kind: 'failed',
    failure: { reason: 'budget-spent', scope, detail },
    usage: noUsage,
  });
  if (cost === null && order.budget.isCapped)
    return spent('run', 'the cost of this agent is not known; give "costUsd" for it');
  const reservation = order.budget.reserve(cost ?? 0);
  if ('refused' in reservation) return spent(reservation.refused, 'another order could cost more than what is left');
  const notionalMicroUsd = isSubscription ? (price ?? 0) : 0;
  const outcome = await go({ ...noUsage, costMicroUsd: cost, notionalMicroUsd });
  reservation.settle(isSubscription ? 0 : outcome.usage.costMicroUsd);
  return outcome;
}
