import type { UnitState } from '../../src/model/unit.ts';
import type { Reporter } from '../../src/report/reporters.ts';

/** States in which a unit is through with a run. */
const ends: readonly UnitState[] = ['done', 'failed', 'blocked', 'awaiting', 'cancelled', 'quarantined'];

const point = (isOk: boolean, number: number, name: string): string => `${isOk ? 'ok' : 'not ok'} ${number} - ${name}`;

/** The Test Anything Protocol: a format that no part of the program knows. */
export const tap: Reporter = {
  name: 'tap',
  event({ event }, { counts, units }) {
    const ended = ends.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    const line = (text: string): { readonly text: string; readonly tone: 'plain' }[] => [{ text, tone: 'plain' }];
    switch (event.type) {
      case 'run-started':
        return line('TAP version 14');
      case 'agent-started':
        return line(`# ${event.unit === null ? event.name : units.get(event.unit)?.key}: ${event.role} ${event.agent}`);
      case 'unit-changed':
        return ends.includes(event.to)
          ? line(point(event.to === 'done', ended, units.get(event.unit)?.title ?? event.unit))
          : [];
      case 'run-ended':
        return line(`1..${ended}`);
      default:
        return [];
    }
  },
  report({ units }) {
    const points = units.map(({ state, title }, index) => point(state === 'done', index + 1, title));
    return ['TAP version 14', ...points, `1..${units.length}`, ''].join('\n');
  },
};
