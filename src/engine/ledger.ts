import { z } from 'zod';
import type { Failure } from '../model/failure.ts';
import type { RunId, UnitId } from '../model/ids.ts';
import type { UnitSpec } from '../model/unit.ts';
import { readSpendByDay, restoreSpend } from '../queue/budget.ts';
import type { Database } from '../queue/database.ts';
import { readRuns } from '../queue/runs.ts';
import { readStamp, writeStamp } from '../queue/stamps.ts';
import { readUnits, transition } from '../queue/units.ts';
import { keepRef, readRef } from '../repo/branch.ts';
import { writeObject } from '../repo/objects.ts';
import type { Repository } from '../repo/repository.ts';
import { commitTree, editTree, readTreeFile } from '../repo/tree.ts';
import { machineTrouble } from '../util/disk.ts';

/*
 * What a queue that is lost would be missed for: which units failed as they are, so that they are not paid for again,
 * and what was spent on which day, so that a day's budget holds. It is kept in the repository, under a ref of its own.
 */

/** Where the ledger of all queues of a repository is. */
export const ledgerRef = 'refs/backlog/ledger';
const states = ['failed', 'blocked', 'quarantined', 'cancelled'] as const;

const ledgerSchema = z.object({
  version: z.literal(1),
  units: z.record(
    z.string(),
    z.object({
      contentHash: z.string(),
      state: z.enum(states),
      why: z.string().nullable(),
      failure: z.unknown(),
      attempts: z.number(),
    }),
  ),
  /** Micro-dollars by day, as `2026-11-24`. */
  spend: z.record(z.string(), z.int().min(0)),
});
type Ledger = z.infer<typeof ledgerSchema>;

/** Writes the ledger of a queue; `mark` names it among others of the repository. A disk that takes nothing is no error here. */
async function writeLedger(repository: Repository, database: Database, mark: string): Promise<void> {
  const units: Ledger['units'] = {};
  for (const { spec, state, why, failure, attempts } of readUnits(database)) {
    const kept = states.find((one) => one === state);
    if (kept) units[spec.id] = { contentHash: spec.contentHash, state: kept, why, failure, attempts };
  }
  const ledger: Ledger = { version: 1, units, spend: readSpendByDay(database) };
  const text = `${JSON.stringify(ledger, null, 1)}\n`;
  try {
    const old = await readRef(repository, ledgerRef);
    const path = `${mark}.json`;
    if (old !== null && String(await readTreeFile(repository, old, path)) === text) return;
    const object = await writeObject(repository, 'blob', Buffer.from(text));
    const before = old ?? (await writeObject(repository, 'tree', Buffer.alloc(0)));
    const tree = await editTree(repository, before, [{ path, entry: { mode: '100644', object } }]);
    const commit = await commitTree(repository, {
      tree,
      parents: [],
      message: 'What a lost queue would be missed for\n',
    });
    await keepRef(repository, ledgerRef, commit);
  } catch (error) {
    if (machineTrouble(error) === null) throw error;
  }
}

/** The ledger of a run at work. */
export interface LedgerKeeper {
  /** Writes it a last time; throws what kept an earlier write from being made. */
  close(): Promise<void>;
  /** Writes nothing more; resolves when nothing is being written. */
  stop(): Promise<void>;
}

/** Writes the ledger while a run goes on: after failures, and after what cost money. One write at a time. */
export function keepLedger(of: {
  readonly repository: Repository;
  readonly database: Database;
  readonly mark: string;
  readonly canCostMoney: boolean;
}): LedgerKeeper {
  const { repository, database, mark, canCostMoney } = of;
  let isDue = false;
  let writing: Promise<void> | null = null;
  const problems: unknown[] = [];
  const write = async (): Promise<void> => {
    try {
      while (isDue) {
        isDue = false;
        await writeLedger(repository, database, mark);
      }
    } catch (error) {
      problems.push(error);
    }
    writing = null;
  };
  const stopListening = database.listen(({ event }) => {
    if (event.type !== 'unit-changed') return;
    const isFailure = states.some((state) => state === event.to);
    if (!isFailure && !(canCostMoney && event.to === 'done')) return;
    isDue = true;
    writing ??= write();
  });
  return {
    async close() {
      stopListening();
      isDue = true;
      await (writing ??= write());
      if (problems.length > 0) throw problems[0];
    },
    async stop() {
      stopListening();
      isDue = false;
      await writing;
    },
  };
}

/** Tells a new queue what its lost predecessor knew of these units, and what was spent. Returns how many units. */
export async function restoreLedger(
  repository: Repository,
  database: Database,
  mark: string,
  units: readonly UnitSpec[],
  at: number,
): Promise<number> {
  if (readRuns(database).length > 0 || readStamp(database, 'ledger') !== null) return 0; // it has a memory of its own
  const commit = await readRef(repository, ledgerRef);
  const bytes = commit === null ? null : await readTreeFile(repository, commit, `${mark}.json`);
  const ledger = bytes === null ? null : readLedger(String(bytes));
  writeStamp(database, 'ledger', { readAt: at });
  if (!ledger) return 0;
  const asked = new Map(units.map((unit) => [unit.id, unit.contentHash]));
  const open = new Set(readUnits(database).flatMap((row) => (isOpen(row.state) ? [row.spec.id] : [])));
  return database.write(() => {
    restoreSpend(database, ledger.spend, 'ledger' as RunId);
    let restored = 0;
    for (const [name, known] of Object.entries(ledger.units)) {
      const unit = name as UnitId;
      if (!open.has(unit) || asked.get(unit) !== known.contentHash) continue;
      const { state, why, attempts } = known;
      transition(database, at, null, { unit, to: state, why, attempts, failure: known.failure as Failure | null });
      restored++;
    }
    return restored;
  });
}

function isOpen(state: string): boolean {
  return state === 'waiting' || state === 'ready';
}

function readLedger(text: string): Ledger | null {
  try {
    return ledgerSchema.parse(JSON.parse(text));
  } catch {
    return null; // of another version, or changed by somebody: history is lost, no work
  }
}
