import type { Left } from '../engine/verbs/run.ts';
import type { UnitState } from '../model/unit.ts';
import { plural } from '../util/plural.ts';

/** What a run leaves as it is, and how each of it goes on: a line for each kind. */
export function leftLines(left: readonly Left[]): string[] {
  const of = (...states: readonly UnitState[]): readonly string[] =>
    left.filter(({ state }) => states.includes(state)).map(({ key }) => key);
  const line = (keys: readonly string[], says: string, command: string): string[] =>
    keys.length === 0 ? [] : [`${plural(keys.length, 'unit')} ${says} (${few(keys)}): ${command}`];
  const failed = of('failed', 'quarantined');
  const blocked = of('blocked');
  return [
    ...line(failed, 'failed earlier; not retried, since nothing changed', retry(failed)),
    ...line(blocked, 'blocked', `backlog unblock ${blocked[0] ?? ''} -m "…"`),
    ...line(of('awaiting'), 'waiting for a person', 'backlog review'),
    ...line(of('not-runnable'), 'not runnable', 'backlog check'),
    ...line(of('cancelled'), 'cancelled', `backlog retry ${of('cancelled')[0] ?? ''}`),
  ];
}

function retry([only, ...more]: readonly string[]): string {
  return more.length === 0 ? `backlog retry ${only ?? ''}` : 'backlog retry --failed';
}

const shown = 5;

function few(keys: readonly string[]): string {
  const more = keys.length - shown;
  return `${keys.slice(0, shown).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}
