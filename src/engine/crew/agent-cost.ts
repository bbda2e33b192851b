import { backEnds } from '../../agents/configured/back-ends.ts';
import type { Prices } from '../../agents/money/prices.ts';
import type { MicroUsd } from '../../model/money.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Casting } from './casting.ts';
import { unitsCost } from './guess.ts';

/**
 * The kind of an agent's cost: none, none beyond a subscription, by known prices, or unknown. `doctor`, `plan` and
 * `run` share it.
 */
export type AgentCost = 'free' | 'covered' | 'priced' | 'unknown';

/** In ascending precedence. */
const order: readonly AgentCost[] = ['free', 'covered', 'priced', 'unknown'];

/** The cost kind of an agent, with all models of its roles. */
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

/** The combined cost kind of all agents that these units may need. */
export function costOfAgents(casting: Casting, prices: Prices, units: readonly UnitSpec[]): AgentCost {
  const costs = [...casting.namesFor(units)].map((name) => costOfAgent(casting, prices, name));
  return order.findLast((cost) => costs.includes(cost)) ?? 'free';
}

export interface ExpectedCost {
  readonly kind: AgentCost;
  /** Null if unknown. */
  readonly microUsd: MicroUsd | null;
}

/** The expected cost of units: `usual` per unit from history, else by prices. */
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

/** As text, with the amount if known. */
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
