import { backEnds } from '../../agents/configured/back-ends.ts';
import type { Prices } from '../../agents/money/prices.ts';
import { fromUsd, type MicroUsd } from '../../model/money.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Casting, Part } from './casting.ts';

/*
 * What work will cost before any was done, going by prices and by who is asked: whoever works, scouts and whoever refutes
 * them, the planner, the reviewers, the shipper. Once units have landed, what they cost is known better.
 */

/** What an order costs: one that works, or one that only reads. Null when nobody knows. */
function orderCost(casting: Casting, prices: Prices, part: Part, kind: 'works' | 'reads'): MicroUsd | null {
  const { payment } = backEnds.of(casting.configOf(part.agent));
  if (payment.kind === 'order') return payment.costUsd === null ? null : fromUsd(payment.costUsd);
  if (payment.kind !== 'tokens') return 0;
  const model = part.model ?? payment.models[0] ?? '';
  return kind === 'works' ? prices.typicalUnit(model) : prices.typicalReview(model);
}

/** What judging a unit's work may take: kept before anybody builds. Nothing where only commands judge. */
export function judgingCost(casting: Casting, prices: Prices, unit: UnitSpec, failedAttempts: number): MicroUsd {
  const sessions = reviewersAsked(casting, unit, failedAttempts);
  return sessions * (orderCost(casting, prices, casting.part('reviewer', unit), 'reads') ?? 0);
}

/** How many reviewers are asked about a unit's work, as far as that is known before. */
export function reviewersAsked(casting: Casting, unit: UnitSpec, failedAttempts: number): number {
  const hasClaims = unit.criteria.some((criterion) => criterion.kind === 'claim');
  const isAsked = casting.isGamingAsked && unit.kind === 'change';
  const { reviewers } = casting.recipeOf(unit, failedAttempts);
  // The one who is asked whether anything was gamed is asked the claims too.
  return hasClaims ? reviewers : isAsked ? 1 : 0;
}

/** What a unit may cost until it is landed, at its first try; null when a price is not known. */
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

/** The same for all of them together; null when a price is not known. */
export function unitsCost(casting: Casting, prices: Prices, units: readonly UnitSpec[]): MicroUsd | null {
  return units
    .map((unit) => unitCost(casting, prices, unit))
    .reduce<MicroUsd | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}
