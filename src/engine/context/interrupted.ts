import type { InTheWay } from '../../model/failure.ts';

/** Why an order, a set-up or judging was interrupted. */
export type Interruption =
  | { readonly kind: 'limited'; readonly until: number; readonly why: string }
  | { readonly kind: 'budget'; readonly why: string }
  /** The machine failed, for example a box did not start. The run ends. */
  | { readonly kind: 'broken'; readonly why: string }
  /** Its worker disappeared, perhaps because of the work. */
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'refused'; readonly failure: InTheWay; readonly why: string }
  | { readonly kind: 'stopped' };

/** Work was interrupted for a reason unrelated to it: it is kept, and continued or judged later. */
export class Interrupted extends Error {
  readonly reason: Interruption;

  constructor(reason: Interruption) {
    super(reason.kind === 'stopped' ? 'stopped' : reason.why);
    this.name = 'Interrupted';
    this.reason = reason;
  }
}
