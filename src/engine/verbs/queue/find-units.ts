import type { UnitId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import type { Database } from '../../../queue/database.ts';
import { readUnit, readUnitNames, type UnitRow } from '../../../queue/units.ts';
import { suggest } from '../../../util/text/suggest.ts';

/** The unit that a person means by its key or id (any case), or a beginning of it that fits only one. */
export function findUnit(database: Database, name: string): UnitRow {
  const [found] = findUnits(database, [name]);
  if (!found) throw new Error(`Internal error: ${name} was neither found nor missed`);
  return found;
}

/** The same for several names: each unit once, in the order in which they are named first. */
export function findUnits(database: Database, wanted: readonly string[]): UnitRow[] {
  const names = readUnitNames(database);
  const exact = new Map<string, UnitId>();
  for (const { id, key } of names)
    for (const name of [id, key.toLowerCase()]) if (!exact.has(name)) exact.set(name, id);
  const ids = new Set(wanted.map((name) => exact.get(name.toLowerCase()) ?? nearest(names, name)));
  return [...ids].flatMap((id) => readUnit(database, id) ?? []);
}

/** The one unit whose id begins so. */
function nearest(names: ReturnType<typeof readUnitNames>, name: string): UnitId {
  const near = name === '' ? [] : names.filter(({ id }) => id.startsWith(name.toLowerCase()));
  const [first] = near;
  if (first && near.length === 1) return first.id;
  if (first) throw refused('ambiguous-unit', { name, keys: near.map(({ key }) => key) });
  const keys = names.map(({ key }) => key);
  const within = keys.filter((key) => key.toLowerCase().endsWith(`.${name.toLowerCase()}`)); // "followups.<name>"
  const similar = (within.length === 1 ? within[0] : undefined) ?? suggest(name, keys);
  throw refused('unknown-unit', { name, similar });
}
