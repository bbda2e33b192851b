import { backEnds } from '../../agents/configured/back-ends.ts';
import type { Prices } from '../../agents/money/prices.ts';
import { fromUsd, type MicroUsd } from '../../model/money.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Casting, Part } from './casting.ts';

/*
 * Cost estimates without history, by prices and the roles of a unit's recipe. Once units have landed, their cost is a
 * better estimate.
 */

/** The cost of an order, working or reading. Null if unknown. */
function orderCost(casting: Casting, prices: Prices, part: Part, kind: 'works' | 'reads'): MicroUsd | null {
  const { payment } = backEnds.of(casting.configOf(part.agent));
  if (payment.kind === 'order') return payment.costUsd === null ? null : fromUsd(payment.costUsd);
  if (payment.kind !== 'tokens') return 0;
  const model = part.model ?? payment.models[0] ?? '';
  return kind === 'works' ? prices.typicalUnit(model) : prices.typicalReview(model);
}

/** The cost of judging a unit, reserved before work starts. Zero if only commands judge it. */
export function judgingCost(casting: Casting, prices: Prices, unit: UnitSpec, failedAttempts: number): MicroUsd {
  const sessions = reviewersAsked(casting, unit, failedAttempts);
  return sessions * (orderCost(casting, prices, casting.part('reviewer', unit), 'reads') ?? 0);
}

/** The expected number of reviewers of a unit's work. */
export function reviewersAsked(casting: Casting, unit: UnitSpec, failedAttempts: number): number {
  const hasClaims = unit.criteria.some((criterion) => criterion.kind === 'claim');
  const isAsked = casting.isGamingAsked && unit.kind === 'change';
  const { reviewers } = casting.recipeOf(unit, failedAttempts);
  // The reviewer that checks for gaming also reviews the claims.
  return hasClaims ? reviewers : isAsked ? 1 : 0;
}

/** The cost of landing a unit on its first attempt; null if a price is unknown. */
export function unitCost(casting: Casting, prices: Prices, unit: UnitSpec): MicroUsd | null {
  const { recipe } = casting.recipeOf(unit, 0);
  const role = unit.kind !== 'research' ? 'builder' : recipe.scouts.length > 0 ? 'synthesizer' : 'researcher';
  const scouts = recipe.scouts.map((scout) => casting.scout(unit, scout));
  const readers = [
    ...scouts,
    ...(recipe.refute ? scouts : []),
    ...(recipe.plan ? [casting.part('planner', unit)] : []),
    ...(recipe.ship ? [casting.part('shipper', unit)] : []),
  ];
  const costs = [
    orderCost(casting, prices, casting.part(role, unit), 'works'),
    ...readers.map((part) => orderCost(casting, prices, part, 'reads')),
    judgingCost(casting, prices, unit, 0),
  ];
  return costs.reduce<MicroUsd | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}

/** Their total cost; null if a price is unknown. */
export function unitsCost(casting: Casting, prices: Prices, units: readonly UnitSpec[]): MicroUsd | null {
  return units
    .map((unit) => unitCost(casting, prices, unit))
    .reduce<MicroUsd | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}
