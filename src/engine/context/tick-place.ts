import type { Repository } from '../../repo/git/repository.ts';

/** Where the boxes of landed units are ticked. */
export type TickPlace =
  /** In the target, by the commit that lands the unit. */
  | { readonly kind: 'target' }
  | TicksApart
  /** In no repository: then only the queue and the landing records know what is done. */
  | { readonly kind: 'nowhere'; readonly why: string };

/** The repository with the specs, which is not the target. Ticks go to the branch of the same name there. */
export interface TicksApart {
  readonly kind: 'apart';
  readonly repository: Repository;
  /** The specs folder as a path in it, '' for its root. */
  readonly path: string;
}
