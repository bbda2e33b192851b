import { isCancelled, stateNamed } from '../format/statuses.ts';
import { type Json, memberOf, textOf } from '../text/json-tree.ts';

/** What a status means. */
export type State =
  | { readonly kind: 'open' | 'done' | 'cancelled' }
  /** See `Draft.hold`. */
  | { readonly kind: 'held'; readonly why: string };

/** The state of a task or subtask. Nobody works on one whose status is unknown. */
export function stateOf(json: Json): State {
  const state = stateNamed(textOf(memberOf(json, 'status')));
  if (typeof state === 'string') return { kind: state };
  return isCancelled(state) ? { kind: 'cancelled' } : { kind: 'held', why: state.hold };
}
