import { backEnds } from '../../agents/configured/back-ends.ts';
import type { Prices } from '../../agents/money/prices.ts';
import type { MicroUsd } from '../../model/money.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Casting } from './casting.ts';
import { unitsCost } from './guess.ts';

/**
 * What the work of agents costs: nothing, nothing beyond a subscription, money by known prices, or nobody knows what.
 * `doctor`, `plan` and `run` all ask here.
 */
export type AgentCost = 'free' | 'covered' | 'priced' | 'unknown';

/** What tells the most comes last. */
const order: readonly AgentCost[] = ['free', 'covered', 'priced', 'unknown'];

/** What one agent costs, with all models that it is asked for. */
export function costOfAgent(casting: Casting, prices: Prices, name: string): AgentCost {
  const { payment } = backEnds.of(casting.configOf(name));
  switch (payment.kind) {
    case 'free':
      return 'free';
    case 'subscription':
      return 'covered';
    case 'order':
      return payment.costUsd === null ? 'unknown' : payment.costUsd > 0 ? 'priced' : 'free';
    case 'tokens':
      return [...payment.models, ...casting.modelsOf(name)].every((model) => prices.has(model)) ? 'priced' : 'unknown';
  }
}

/** What all agents that these units and roles can need cost together. */
export function costOfAgents(casting: Casting, prices: Prices, units: readonly UnitSpec[]): AgentCost {
  const costs = [...casting.namesFor(units)].map((name) => costOfAgent(casting, prices, name));
  return order.findLast((cost) => costs.includes(cost)) ?? 'free';
}

/** What units are expected to cost. */
export interface ExpectedCost {
  readonly kind: AgentCost;
  /** Null when nobody knows. */
  readonly microUsd: MicroUsd | null;
}

/** What units are expected to cost, going by what earlier ones cost (`usual`, of one), else by prices. */
export function expectedCost(
  casting: Casting,
  prices: Prices,
  units: readonly UnitSpec[],
  usual: MicroUsd | null,
): ExpectedCost {
  const kind = costOfAgents(casting, prices, units);
  if (kind === 'unknown') return { kind, microUsd: null };
  if (kind !== 'priced') return { kind, microUsd: 0 };
  return { kind, microUsd: usual === null ? unitsCost(casting, prices, units) : usual * units.length };
}

/** In words; with an amount where one is expected. */
export function describeCost(kind: AgentCost, usd: number | null): string {
  switch (kind) {
    case 'free':
      return 'costs nothing';
    case 'covered':
      return 'covered by a subscription';
    case 'priced':
      return usd === null ? 'costs money' : `about $${usd.toFixed(2)}`;
    case 'unknown':
      return 'cost unknown';
  }
}
