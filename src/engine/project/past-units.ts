import { ToldError } from '../../model/diagnostic.ts';
import { openForReading } from '../../queue/database.ts';
import { readUnits, type UnitRow } from '../../queue/units.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { PastUnits } from '../../specs/units/read.ts';
import { folderOf } from './specs-place.ts';
import { readHistory } from '../../repo/landings/land.ts';

/** Where the units of a project are remembered. */
interface Memory {
  /** The folder of the queue. */
  readonly state: string;
  readonly branch: string;
  /** The target; null without one. */
  readonly repository: Repository | null;
  /** The specs folder as a path in the repository; null if outside. */
  readonly specs: string | null;
}

/**
 * What is known of units that are in no spec: a landing on the branch stays, and so do ticks that the queue saw. None are
 * known if the queue cannot be read as it is.
 */
export async function pastUnits({ state, branch, repository, specs }: Memory): Promise<PastUnits> {
  const rows = rowsIn(state).filter(({ spec, state: is }) => spec.file !== '' && is !== 'proposed');
  const tip = repository && ((await readRef(repository, branchRef(branch))) ?? repository.head);
  const folder = folderOf(
    specs,
    rows.map(({ spec }) => spec),
  );
  const landed = repository && tip !== null ? [...(await readHistory(repository, tip, folder)).landed.values()] : [];
  return {
    known: new Set(rows.map(({ spec }) => spec.id)),
    done: new Set([...landed.map(({ unit }) => unit), ...rows.filter(isTickedByHand).map(({ spec }) => spec.id)]),
  };
}

/** True for a unit that was done without a landing when its spec was last seen. */
function isTickedByHand({ spec, state, landedCommit }: UnitRow): boolean {
  return spec.isTicked && landedCommit === null && (state === 'done' || state === 'retired');
}

function rowsIn(state: string): UnitRow[] {
  try {
    const database = openForReading(state, { isAsItIs: true });
    if (database === null) return [];
    try {
      return readUnits(database);
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof ToldError)) throw error; // every command that needs the queue tells it
    return [];
  }
}
