import type { Budget, Reservation } from '../../model/agent.ts';
import type { BudgetScope, MicroUsd } from '../../model/money.ts';
import { factsOf } from '../money/models.ts';
import type { Prices } from '../money/prices.ts';
import { promptTokens } from '../money/prompt-size.ts';
import type { Limiter } from '../provider/limiter.ts';
import { perRequest } from '../words/web.ts';
import type { Passing } from './model-request.ts';
import { type Counted, countTokens, type Provider, type Upstream } from './model-upstream.ts';

/** The provider and the payment of its calls. */
export interface Payer extends Provider {
  /** True: a subscription pays, and costs are notional. */
  readonly isSubscription: boolean;
  readonly budget: Budget;
  readonly prices: Prices;
  /** Shared by all calls with this key. */
  readonly limiterOf: (model: string) => Limiter;
}

/** A request that may be sent. */
interface Paid {
  /** Null if it is free. */
  readonly reservation: Reservation | null;
  /** The reserved amount; null if the price is unknown. */
  readonly most: MicroUsd | null;
}

/** A request that a cap does not allow. */
interface Refused {
  readonly refused: BudgetScope;
  readonly detail: string;
}

/** The payment of counting tokens, which is free. */
export const unpaid: Paid = { reservation: null, most: 0 };

/** Reserves the worst case of a request. If a cap refuses it, the provider counts the prompt for a closer estimate. */
export async function pay(
  options: Payer,
  passing: Passing,
  request: Upstream,
  stop: AbortSignal,
): Promise<Paid | Refused | Counted> {
  const { prices, budget, isSubscription } = options;
  const { model, ttl, speed, searches } = passing;
  const worst = (tokens: number): MicroUsd | null =>
    prices.worstCase(model, tokens, passing.maxTokens, ttl, {
      speed,
      web: searches ? { ...perRequest, fetches: 0 } : undefined,
    });
  const most = worst(promptTokens(passing.request, factsOf(model).contextWindow));
  if (isSubscription) return { reservation: null, most };
  if (most === null && budget.isCapped)
    return { refused: 'run', detail: `the price of ${model} is unknown, so a cap cannot be enforced` };
  const first = await budget.reserve(most ?? 0);
  if (!('refused' in first)) return { reservation: first, most };
  // If even an empty prompt costs too much, counting is useless. But a provider that never answered is asked: a refused
  // key takes precedence over a cap.
  const isNew = options.limiterOf(model).pool?.hasAnswered === false;
  const isHopeless = (worst(0) ?? 0) > first.leftMicroUsd;
  const counted =
    isHopeless && !isNew
      ? null
      : await countTokens(options, request, passing.request, { stop, isKnown: !isNew, hasReplied: true });
  const isUnusable =
    counted?.end.kind === 'lost' || (counted?.end.kind === 'refused' && counted.end.failure.kind !== 'model');
  if (counted && isNew && isUnusable) return counted;
  const tokens = counted?.tokens ?? null;
  const exact = tokens === null ? null : worst(tokens);
  const second = exact === null ? first : await budget.reserve(exact);
  if (!('refused' in second)) return { reservation: second, most: exact };
  return { refused: second.refused, detail: 'the next call could exceed the cap' };
}
