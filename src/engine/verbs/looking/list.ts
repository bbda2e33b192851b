import type { UnitSpec } from '../../../model/unit.ts';
import { unitStates, type UnitState } from '../../../model/unit.ts';
import type { Database } from '../../../queue/database.ts';
import { readUnitLines, readUnits, type UnitLine, type UnitRow } from '../../../queue/units.ts';
import type { Asker } from '../../context/asker.ts';
import { countNotWork, type NotWorkCount } from '../../project/not-work.ts';
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
  const { rows, notWork } = await read(asker, it, readUnits);
  const units = rows.map(({ spec, ...row }): ListedUnit => {
    const { id, key, title, kind, file, line, phase, depends } = spec;
    return { id, key, title, kind, file, line, phase, depends, ...row };
  });
  return { kind: 'units' as const, units, ...(notWork === null ? {} : { notWork }) };
});

/** The same, each in one line: that is quick. */
export const lines = verb(filter, async (asker, it) => {
  const { rows: lines, notWork } = await read(asker, it, readUnitLines);
  return { kind: 'lines' as const, lines, ...(notWork === null ? {} : { notWork }) };
});

/** The units, and what is no work if the specs had to be read. */
async function read<T extends UnitLine | UnitRow>(
  asker: Asker,
  { folder, states }: Filter,
  readAll: (database: Database) => T[],
): Promise<{ readonly rows: T[]; readonly notWork: readonly NotWorkCount[] | null }> {
  const isWanted = ({ state }: T): boolean => (states.length === 0 ? state !== 'retired' : states.includes(state));
  return readQueue(asker, folder, ({ database, specs }) => ({
    rows: readAll(database).filter(isWanted),
    notWork: specs === undefined ? null : countNotWork(specs.notWork),
  }));
}
