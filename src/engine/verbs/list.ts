import type { UnitState } from '../../model/unit.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { openCurrent } from '../stamp.ts';

/** All units with their states, in the order of the specs. When nothing has changed since last time, nothing is parsed. */
export async function listUnits(folder: string, filter: { readonly states: readonly UnitState[] }): Promise<UnitRow[]> {
  const isWanted = (row: UnitRow): boolean =>
    filter.states.length === 0 ? row.state !== 'retired' : filter.states.includes(row.state);
  const current = openCurrent(folder);
  if (current) {
    try {
      return readUnits(current.database).filter(isWanted);
    } finally {
      current.database.close();
    }
  }
  const { withQueue } = await import('./queue.ts');
  return withQueue(folder, ({ database }) => readUnits(database).filter(isWanted));
}
