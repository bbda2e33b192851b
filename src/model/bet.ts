/**
 * What became of an attempt that came to its landing. Units that run side by side bet that they do not conflict; what became
 * of a repository's last bets predicts the next ones better than anything that is known of single units.
 */
export interface Bet {
  /** True if its work conflicted with work that landed meanwhile. */
  readonly isLost: boolean;
  /** True if it did work again that had conflicted. */
  readonly isRedone: boolean;
  /** 0 if unknown. */
  readonly costMicroUsd: number;
}
