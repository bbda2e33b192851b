import type { Left } from '../engine/verbs/run.ts';
import { type Typed } from '../engine/project/typed.ts';
import type { UnitState } from '../model/unit.ts';
import { plural } from '../util/plural.ts';

/** What a run leaves as it is, and how each of it goes on: a line for each kind. */
export function leftLines(left: readonly Left[], { command }: Typed): string[] {
  const of = (...states: readonly UnitState[]): readonly string[] =>
    left.filter(({ state }) => states.includes(state)).map(({ key }) => key);
  const line = (keys: readonly string[], says: string, next: string): string[] =>
    keys.length === 0 ? [] : [`${plural(keys.length, 'unit')} ${says} (${few(keys)}): ${next}`];
  const failed = of('failed', 'quarantined');
  const blocked = of('blocked');
  return [
    ...line(
      failed,
      'failed earlier; not retried, since nothing changed',
      command('retry', ...(failed.length > 1 ? ['--failed'] : failed)),
    ),
    ...line(blocked, 'blocked', `${command('unblock', blocked[0] ?? '')} -m "…"`),
    ...line(of('awaiting'), 'waiting for a person', command('review')),
    ...line(of('not-runnable'), 'not runnable', command('check')),
    ...line(of('cancelled'), 'cancelled', command('retry', ...of('cancelled'))),
  ];
}

const shown = 5;

function few(keys: readonly string[]): string {
  const more = keys.length - shown;
  return `${keys.slice(0, shown).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}
