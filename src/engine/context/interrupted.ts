import type { InTheWay } from '../../model/failure.ts';

/** Why judging could not go on. */
export type Interruption =
  | { readonly kind: 'limited'; readonly until: number; readonly why: string }
  | { readonly kind: 'budget'; readonly why: string }
  /** The machine got in the way: a box could not be had, say. The run ends. */
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'refused'; readonly failure: InTheWay; readonly why: string }
  | { readonly kind: 'stopped' };

/** Judging could not be brought to an end for a reason that says nothing about the work: it is kept and judged later. */
export class Interrupted extends Error {
  readonly reason: Interruption;

  constructor(reason: Interruption) {
    super(reason.kind === 'stopped' ? 'stopped' : reason.why);
    this.name = 'Interrupted';
    this.reason = reason;
  }
}
