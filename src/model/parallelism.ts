/**
 * How much a run bets that units do not conflict. `careful` runs side by side only what cannot, by its declared and
 * observed paths; `balanced` keeps apart only units that change the same file; `eager` keeps only the hard constraints.
 */
export const parallelisms = ['careful', 'balanced', 'eager'] as const;
export type Parallelism = (typeof parallelisms)[number];
