import type { UnitState } from '../../model/unit.ts';
import type { Database } from '../../queue/database.ts';
import { readUnitLines, readUnits, type UnitLine, type UnitRow } from '../../queue/units.ts';
import { readQueue } from './reading.ts';

interface Filter {
  readonly states: readonly UnitState[];
}

/** All units with their states, in the order of the specs. */
export async function listUnits(folder: string, filter: Filter): Promise<UnitRow[]> {
  return read(folder, filter, readUnits);
}

/** The same, each in one line. */
export async function listLines(folder: string, filter: Filter): Promise<UnitLine[]> {
  return read(folder, filter, readUnitLines);
}

async function read<T extends UnitLine | UnitRow>(
  folder: string,
  { states }: Filter,
  readAll: (database: Database) => T[],
): Promise<T[]> {
  const isWanted = ({ state }: T): boolean => (states.length === 0 ? state !== 'retired' : states.includes(state));
  return readQueue(folder, ({ database }) => readAll(database).filter(isWanted));
}
