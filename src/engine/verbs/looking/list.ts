import type { UnitSpec } from '../../../model/unit.ts';
import { unitStates, type UnitState } from '../../../model/unit.ts';
import type { Database } from '../../../queue/database.ts';
import { readUnitLines, readUnits, type UnitLine, type UnitRow } from '../../../queue/units.ts';
import type { Asker } from '../../context/asker.ts';
import { readQueue } from '../queue/reading.ts';
import { verb, type Zod } from '../verb.ts';

/** A unit with its state, as it is listed. */
export type ListedUnit = Omit<UnitRow, 'spec'> &
  Pick<UnitSpec, 'id' | 'key' | 'title' | 'kind' | 'file' | 'line' | 'phase' | 'depends'>;

interface Filter {
  readonly folder: string;
  /** None: all but the retired ones. */
  readonly states: readonly UnitState[];
}

const filter = (z: Zod) =>
  z.strictObject({ folder: z.string(), states: z.array(z.enum(unitStates)).readonly().default([]) });

/** All units with their states, in the order of the specs. */
export const list = verb(filter, async (asker, it) => {
  const rows = await read(asker, it, readUnits);
  const units = rows.map(({ spec, ...row }): ListedUnit => {
    const { id, key, title, kind, file, line, phase, depends } = spec;
    return { id, key, title, kind, file, line, phase, depends, ...row };
  });
  return { kind: 'units' as const, units };
});

/** The same, each in one line: that is quick. */
export const lines = verb(filter, async (asker, it) => ({
  kind: 'lines' as const,
  lines: await read(asker, it, readUnitLines),
}));

async function read<T extends UnitLine | UnitRow>(
  asker: Asker,
  { folder, states }: Filter,
  readAll: (database: Database) => T[],
): Promise<T[]> {
  const isWanted = ({ state }: T): boolean => (states.length === 0 ? state !== 'retired' : states.includes(state));
  return readQueue(asker, folder, ({ database }) => readAll(database).filter(isWanted));
}
