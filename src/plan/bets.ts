import type { Bet } from '../model/bet.ts';

/** The last bets, as numbers. */
export interface BetFigures {
  readonly made: number;
  readonly lost: number;
  /** Share of their cost that went into work done again; null if no cost is known. */
  readonly redoneShare: number | null;
}

/** Why `balanced` acts like `careful` for now. */
export type Care =
  | { readonly kind: 'conflicts'; readonly lost: number; readonly made: number }
  | { readonly kind: 'redone'; readonly share: number }
  | { readonly kind: 'cap'; readonly leftShare: number };

/** Bets that are remembered, and the fewest from which something follows. */
export const rememberedBets = 40;
const minBets = 20;
const maxLostShare = 0.3;
const maxRedoneShare = 0.1;
const minCapLeft = 0.2;

/** The last bets of a repository. */
export class Bets {
  #bets: readonly Bet[];

  /** Oldest first. */
  constructor(bets: readonly Bet[]) {
    this.#bets = bets.slice(-rememberedBets);
  }

  add(bet: Bet): void {
    this.#bets = [...this.#bets, bet].slice(-rememberedBets);
  }

  get figures(): BetFigures {
    const costOf = (bets: readonly Bet[]): number => bets.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);
    const cost = costOf(this.#bets);
    const redone = costOf(this.#bets.filter(({ isRedone }) => isRedone));
    const lost = this.#bets.filter(({ isLost }) => isLost).length;
    return { made: this.#bets.length, lost, redoneShare: cost === 0 ? null : redone / cost };
  }

  /** Why units should not bet now; null if they may. `capLeft` is the smallest share that is left of a cap. */
  careFor(capLeft: number | null): Care | null {
    const { made, lost, redoneShare } = this.figures;
    if (capLeft !== null && capLeft < minCapLeft) return { kind: 'cap', leftShare: capLeft };
    if (made < minBets) return null;
    if (lost / made > maxLostShare) return { kind: 'conflicts', lost, made };
    return redoneShare !== null && redoneShare > maxRedoneShare ? { kind: 'redone', share: redoneShare } : null;
  }
}
