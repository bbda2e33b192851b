import { listSome } from '../model/list-some.ts';
import type { Left } from '../engine/verbs/running/run-result.ts';
import type { Typed } from '../engine/project/typed.ts';
import { wayOn, type WayOn } from '../model/way-on.ts';
import { plural } from '../util/text/plural.ts';

/** The units that a run does not start, with the next command: a line for each kind. */
export function leftLines(left: readonly Left[], { command }: Typed): string[] {
  const of = (way: WayOn, isCancelled = false): readonly string[] =>
    left.filter((unit) => wayOn(unit) === way && (unit.state === 'cancelled') === isCancelled).map(({ key }) => key);
  const line = (keys: readonly string[], says: string, next: string): string[] =>
    keys.length === 0 ? [] : [`${plural(keys.length, 'unit')} ${says} (${listSome(keys, 5)}): ${next}`];
  const [failed, blocked, cancelled] = [of('retry'), of('unblock'), of('retry', true)];
  return [
    ...line(
      failed,
      'failed earlier; not retried, since nothing changed',
      command('retry', ...(failed.length > 1 ? ['--failed'] : failed)),
    ),
    ...line(blocked, 'blocked', `${command('unblock', blocked[0] ?? '')} -m "…"`),
    ...line(of('review'), 'waiting for a person', command('review')),
    ...line(of('adopt'), 'done according to the branch, but without a landing record', command('adopt')),
    ...line(of('check'), 'not runnable', command('check')),
    ...line(cancelled, 'cancelled', command('retry', ...cancelled)),
  ];
}
