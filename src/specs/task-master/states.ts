import { type Json, memberOf, textOf } from '../text/json-tree.ts';

/** What a status means. */
export type State =
  | { readonly kind: 'open' | 'done' | 'cancelled' }
  /** See `Draft.hold`. */
  | { readonly kind: 'held'; readonly why: string };

const kinds: ReadonlyMap<string, 'open' | 'done' | 'cancelled'> = new Map([
  ...['', 'pending', 'in-progress', 'todo', 'to-do', 'open', 'not-started', 'started', 'new', 'ready', 'backlog'].map(
    (name) => [name, 'open'] as const,
  ),
  ...['done', 'completed', 'complete', 'closed', 'finished'].map((name) => [name, 'done'] as const),
  ...['cancelled', 'canceled', 'obsolete', 'superseded', 'removed'].map((name) => [name, 'cancelled'] as const),
]);

const holds: ReadonlyMap<string, string> = new Map([
  ['review', 'is in review'],
  ['in-review', 'is in review'],
  ['deferred', 'is deferred'],
  ['blocked', 'is blocked'],
]);

/** The state of a task or subtask. Nobody works on one whose status is unknown. */
export function stateOf(json: Json): State {
  const status = textOf(memberOf(json, 'status'));
  const name = status.toLowerCase().replace(/[\s_]+/g, '-');
  const kind = kinds.get(name);
  if (kind !== undefined) return { kind };
  return { kind: 'held', why: holds.get(name) ?? `has the status ${JSON.stringify(status)}` };
}
