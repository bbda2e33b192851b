/** Money is counted in whole micro-dollars, so that sums are exact. */
export type MicroUsd = number;

/** What a cap is for: a whole run, a day, a role in a run, or a single unit. */
export type BudgetScope = 'run' | 'day' | 'role' | 'unit';

/** The cost of calls: certainly spent, and possibly more for calls in progress or without a known end. */
export interface Charge {
  readonly spentMicroUsd: MicroUsd;
  readonly possibleMicroUsd: MicroUsd;
}

/** The charge of a call that reached nobody or was refused. */
export const noCharge: Charge = { spentMicroUsd: 0, possibleMicroUsd: 0 };

/** All charges together. */
export function sumCharges(charges: readonly Charge[]): Charge {
  let [spentMicroUsd, possibleMicroUsd] = [0, 0];
  for (const charge of charges) {
    spentMicroUsd += charge.spentMicroUsd;
    possibleMicroUsd += charge.possibleMicroUsd;
  }
  return { spentMicroUsd, possibleMicroUsd };
}

/** Dollars → micro-dollars, rounded. */
export function fromUsd(usd: number): MicroUsd {
  return Math.round(usd * 1_000_000);
}

/** Micro-dollars → dollars. */
export function toUsd(micro: MicroUsd): number {
  return micro / 1_000_000;
}

/** `$0.0123`, `$4.20`; an unknown cost is named so, never shown as zero. */
export function formatUsd(micro: MicroUsd | null): string {
  if (micro === null) return 'unknown';
  const usd = toUsd(micro);
  return `$${usd !== 0 && usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

/** `, possibly $0.30 more`; '' if there is no possible further cost. */
export function possiblyMore(micro: MicroUsd): string {
  return micro > 0 ? `, possibly ${formatUsd(micro)} more` : '';
}
