import { readSpendByDay, restoreSpend } from '../../queue/spend-by-day.ts';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Failure } from '../../model/failure.ts';
import type { RunId, UnitId } from '../../model/ids.ts';
import { hashesOf, type UnitSpec } from '../../model/unit.ts';
import type { Database } from '../../queue/database.ts';
import { readRuns } from '../../queue/runs.ts';
import { readStamp, writeStamp } from '../../queue/stamps.ts';
import { readUnit, readUnits, readUnitsIn, type UnitRow } from '../../queue/units.ts';
import { transition } from '../../queue/transitions.ts';
import { objectName, readFolders, readObjects, writeObject } from '../../repo/objects/objects.ts';
import { mergeRef, patienceMs, readRef } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { commitTree, type Edit, editTree, listTree, readTreeFile, treeOf } from '../../repo/objects/tree.ts';
import { troubleIn } from '../context/machine.ts';
import { parseJson } from '../../util/text/json.ts';

/*
 * Recovery data of a queue, in the repository under a ref of its own: unchanged failures, so that they are not paid for
 * again, and spending by day, so that a daily budget holds.
 *
 *   <mark of the queue>/spend.json
 *   <mark of the queue>/units/<2 digits>/<38 digits>.json     one file per unit, by the hash of its id
 *
 * A write costs by what changed since the last one. Other queues' files are left alone.
 */

/** The ref of a repository's ledger, for all its queues. */
export const ledgerRef = 'refs/backlog/ledger';
const states = ['failed', 'blocked', 'quarantined', 'cancelled'] as const;

const knownSchema = z.object({
  contentHash: z.string(),
  state: z.enum(states),
  why: z.string().nullable(),
  failure: z.unknown(),
  attempts: z.number(),
});
const unitSchema = knownSchema.extend({ version: z.literal(2), unit: z.string() });
/** Micro-dollars by day, as `2026-11-24`. */
const spendByDay = z.record(z.string(), z.int().min(0));
const spendSchema = z.object({ version: z.literal(2), spend: spendByDay });
/** Version 1 kept all of a queue in one file, `<mark>.json`. */
const wholeSchema = z.object({
  version: z.literal(1),
  units: z.record(z.string(), knownSchema),
  spend: spendByDay,
});
interface Ledger {
  readonly units: ReadonlyMap<string, z.output<typeof knownSchema>>;
  readonly spend: Readonly<Record<string, number>>;
}

/** Writes the ledger of an active run. */
export interface LedgerKeeper {
  /** Writes a last time. Returns why the machine prevents it, in words; null if it is written. */
  close(): Promise<string | null>;
  /** Stops writing; resolves when no write is in progress. */
  stop(): Promise<void>;
}

/** Milliseconds between two writes, and after a blocked one; also how long a write waits for a lock. */
const pauseMs = 1000;
const blockedPauseMs = 10_000;
const shortWaitMs = 1000;
/** Files written at the same time, since a disk syncs many in about the time of one. */
const atOnce = 32;

/** Writes the ledger during a run, after failures and spending; one write at a time. */
export function keepLedger(of: {
  readonly repository: Repository;
  readonly database: Database;
  readonly mark: string;
  /** Asked each time, since a new unit may bring the run's first paid agent. */
  readonly canCostMoney: () => boolean;
}): LedgerKeeper {
  const writer = new Writer(of.repository, of.database, of.mark);
  const ending = new AbortController();
  let writing: Promise<void> | null = null;
  const problems: unknown[] = [];
  const write = async (): Promise<void> => {
    while (writer.isDue && !ending.signal.aborted) {
      const blocked = await writer.write(shortWaitMs);
      await delay(blocked === null ? pauseMs : blockedPauseMs, undefined, { signal: ending.signal }).catch(() => null);
    }
  };
  const stopListening = of.database.listen(({ event }) => {
    if (event.type !== 'unit-changed') return;
    const isKept = states.some((state) => state === event.to || state === event.from);
    if (isKept) writer.changed(event.unit);
    else if (of.canCostMoney() && event.to === 'done') writer.spent();
    if (!writer.isDue || writing !== null) return;
    writing = write()
      .catch((error: unknown) => void problems.push(error))
      .finally(() => (writing = null));
  });
  const stop = async (): Promise<void> => {
    stopListening();
    ending.abort();
    await writing;
  };
  return {
    async close() {
      await stop();
      if (problems.length > 0) throw problems[0];
      return writer.write(patienceMs);
    },
    stop,
  };
}

/** A written ledger, and the folder of one queue in it. */
interface Made {
  readonly commit: string;
  readonly tree: string;
  readonly own: string | null;
}

/** Writes a queue's changes since its last write. */
class Writer {
  readonly #repository: Repository;
  readonly #database: Database;
  readonly #mark: string;
  #changed = new Set<UnitId>();
  #isSpent = false;
  #last: Made | null = null;

  constructor(repository: Repository, database: Database, mark: string) {
    this.#repository = repository;
    this.#database = database;
    this.#mark = mark;
  }

  /** True if there are unwritten changes. */
  get isDue(): boolean {
    return this.#isSpent || this.#changed.size > 0;
  }

  changed(unit: UnitId): void {
    this.#changed.add(unit);
  }

  spent(): void {
    this.#isSpent = true;
  }

  /** Returns why the machine prevents it, in words; the changes stay due then. */
  async write(waitMs: number): Promise<string | null> {
    const changed = this.#changed;
    this.#changed = new Set();
    this.#isSpent = false;
    let made: Made | null = null;
    try {
      const merge = async (now: string | null): Promise<string> => {
        made = await this.#merge(now, changed);
        return made.commit;
      };
      await mergeRef(this.#repository, ledgerRef, merge, { waitMs });
      this.#last = made;
      return null;
    } catch (error) {
      const trouble = troubleIn(error);
      if (trouble === null) throw error;
      for (const unit of changed) this.#changed.add(unit);
      this.#isSpent = true;
      return trouble;
    }
  }

  /** The current ledger, possibly of another process, with this queue's changes. */
  async #merge(now: string | null, changed: ReadonlySet<UnitId>): Promise<Made> {
    const repository = this.#repository;
    const before = await this.#treeOf(now);
    const own = await this.#ownFolder(before);
    // If this queue's folder is not as we left it (for example, at first), write all of it.
    const isOurs = this.#last !== null && own === this.#last.own;
    const wanted = isOurs ? this.#filesOf(changed) : this.#allFiles();
    wanted.set(`${this.#mark}/spend.json`, asText({ version: 2, spend: readSpendByDay(this.#database) }));
    const there = isOurs || own === null ? [] : await listTree(repository, own);
    const edits: Edit[] = isOurs ? [] : [{ path: `${this.#mark}.json`, entry: null }];
    const known = new Map(there.map(({ path, object }) => [`${this.#mark}/${path}`, object]));
    for (const path of known.keys()) if (!wanted.has(path)) edits.push({ path, entry: null });
    const write = async ([path, text]: readonly [string, string | null]): Promise<Edit[]> => {
      if (text === null) return [{ path, entry: null }];
      const bytes = Buffer.from(text);
      if (known.get(path) === objectName('blob', bytes)) return [];
      return [{ path, entry: { mode: '100644', object: await writeObject(repository, 'blob', bytes) } }];
    };
    const files = [...wanted];
    for (let at = 0; at < files.length; at += atOnce)
      edits.push(...(await Promise.all(files.slice(at, at + atOnce).map(write))).flat());
    const tree = await editTree(repository, before, edits);
    if (now !== null && tree === before) return { commit: now, tree, own };
    const message = 'backlog: queue recovery data\n';
    const commit = await commitTree(repository, { tree, parents: [], message });
    return { commit, tree, own: await this.#ownFolder(tree) };
  }

  async #treeOf(commit: string | null): Promise<string> {
    if (commit === null) return writeObject(this.#repository, 'tree', Buffer.alloc(0));
    return commit === this.#last?.commit ? this.#last.tree : treeOf(this.#repository, commit);
  }

  /** The name of this queue's folder in a ledger. */
  async #ownFolder(tree: string): Promise<string | null> {
    const bytes = (await readFolders(this.#repository, tree, [this.#mark])).get(this.#mark);
    return bytes ? objectName('tree', bytes) : null;
  }

  #filesOf(units: ReadonlySet<UnitId>): Map<string, string | null> {
    const rows = [...units].map((unit) => [unit, readUnit(this.#database, unit)] as const);
    return new Map(rows.map(([unit, row]) => [unitFile(this.#mark, unit), row && unitText(row)]));
  }

  #allFiles(): Map<string, string | null> {
    const rows = readUnitsIn(this.#database, states);
    return new Map(rows.map((row) => [unitFile(this.#mark, row.spec.id), unitText(row)]));
  }
}

function unitFile(mark: string, unit: UnitId): string {
  const name = createHash('sha1').update(unit).digest('hex');
  return `${mark}/units/${name.slice(0, 2)}/${name.slice(2)}.json`;
}

/** A unit's recovery data; null for none. */
function unitText({ spec, state, why, failure, attempts }: UnitRow): string | null {
  if (!states.some((one) => one === state)) return null;
  return asText({ version: 2, unit: spec.id, contentHash: spec.contentHash, state, why, failure, attempts });
}

function asText(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** Restores an empty queue from its lost predecessor's recovery data. Returns the number of units. */
export async function restoreLedger(
  repository: Repository,
  database: Database,
  mark: string,
  units: readonly UnitSpec[],
  at: number,
): Promise<number> {
  if (readRuns(database).length > 0 || readStamp(database, 'ledger') !== null) return 0; // the queue is not new
  const commit = await readRef(repository, ledgerRef);
  const ledger = commit === null ? null : await readLedger(repository, commit, mark);
  writeStamp(database, 'ledger', { readAt: at });
  if (!ledger) return 0;
  const asked = new Map(units.map((unit) => [unit.id, hashesOf(unit, 'contentHash')]));
  const open = new Set(readUnits(database).flatMap((row) => (isOpen(row.state) ? [row.spec.id] : [])));
  return database.write(() => {
    restoreSpend(database, ledger.spend, 'ledger' as RunId);
    let restored = 0;
    for (const [name, known] of ledger.units) {
      const unit = name as UnitId;
      if (!open.has(unit) || asked.get(unit)?.includes(known.contentHash) !== true) continue;
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

/** The recovery data of a queue; data of other versions, or changed data, is ignored. */
async function readLedger(repository: Repository, commit: string, mark: string): Promise<Ledger | null> {
  const [own] = await readObjects(repository, [`${commit}:${mark}`]);
  if (own?.type !== 'tree') {
    const whole = wholeSchema.safeParse(parseJson(String(await readTreeFile(repository, commit, `${mark}.json`))));
    return whole.success ? { units: new Map(Object.entries(whole.data.units)), spend: whole.data.spend } : null;
  }
  const files = await listTree(repository, own.name);
  const objects = await readObjects(
    repository,
    files.map(({ object }) => object),
  );
  const units = new Map<string, z.output<typeof knownSchema>>();
  let spend: Ledger['spend'] = {};
  for (const [index, { path }] of files.entries()) {
    const data = parseJson(String(objects[index]?.bytes));
    const unit = unitSchema.safeParse(data);
    if (unit.success) units.set(unit.data.unit, unit.data);
    const money = path === 'spend.json' ? spendSchema.safeParse(data) : null;
    if (money?.success === true) ({ spend } = money.data);
  }
  return { units, spend };
}
