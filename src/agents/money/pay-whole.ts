import { noUsage, type Order, type Outcome, type Usage } from '../../model/agent.ts';
import { type BudgetScope, fromUsd, noCharge } from '../../model/money.ts';

/**
 * Pays for an order of a program whose calls are not visible: reserves its assumed price before the start and charges
 * it. A reported cost counts only if it is higher, since it is the program's own claim. `go` gets the assumed price as
 * usage, and does not reject.
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
    return spent('run', 'the cost of this agent is unknown; set "costUsd" for it');
  const reservation = await order.budget.reserve(cost ?? 0);
  if ('refused' in reservation) return spent(reservation.refused, 'another order could exceed the cap');
  const notionalMicroUsd = isSubscription ? (price ?? 0) : 0;
  const outcome = await go({ ...noUsage, costMicroUsd: cost, notionalMicroUsd });
  const told = outcome.usage.costMicroUsd;
  const spentMicroUsd = isSubscription || told === null ? 0 : Math.max(told, cost ?? 0);
  reservation.settle({ ...noCharge, spentMicroUsd });
  return outcome;
}
