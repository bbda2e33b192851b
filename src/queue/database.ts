import Sqlite from 'better-sqlite3';
import { copyFileSync, existsSync, lstatSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type InputError, inputError, MachineError, machineFault } from '../model/diagnostic.ts';
import type { RecordedEvent } from '../model/event.ts';
import { failpoint, hasFailpoints } from '../util/failpoint.ts';
import { parseJson } from '../util/text/json.ts';
import type { Guard } from '../util/values/shape.ts';
import { makeTemporary } from '../util/files/temporary.ts';
import { checkOwnFile, checkOwnFolder, ensureOwnFile, ensureOwnFolder } from './own-folder.ts';
import { checkSchema, migrate } from './schema.ts';

/** Name of the queue's file in the state folder. */
export const databaseName = 'backlog.db';

/**
 * An open queue file. Each statement is prepared once. Every write happens in `write`, whose transaction takes the write
 * lock at its start: upgrading a read to a write within a deferred transaction fails with SQLITE_BUSY_SNAPSHOT, whatever
 * the busy timeout is.
 */
export class Database {
  readonly #sqlite: Sqlite.Database;
  readonly #file: string;
  readonly #statements = new Map<string, Sqlite.Statement>();
  readonly #transaction: readonly [begin: Sqlite.Statement, commit: Sqlite.Statement, rollback: Sqlite.Statement];
  readonly #listeners = new Set<(event: RecordedEvent) => void>();
  #uncommitted: RecordedEvent[] = [];

  /** `file` is the name for messages. */
  constructor(sqlite: Sqlite.Database, file: string) {
    this.#sqlite = sqlite;
    this.#file = file;
    this.#transaction = [sqlite.prepare('begin immediate'), sqlite.prepare('commit'), sqlite.prepare('rollback')];
  }

  /** Runs `action` in one immediate transaction; nested calls join it. `what` names it for failpoints if it has no event. */
  write<T>(action: () => T, what = ''): T {
    if (this.#sqlite.inTransaction) return action();
    this.#uncommitted = [];
    const result = this.#commit(action, what);
    const events = this.#uncommitted;
    this.#uncommitted = [];
    if (hasFailpoints) failpoint(`committed ${named(events, what)}`);
    for (const event of events) for (const listener of this.#listeners) listener(event);
    return result;
  }

  #commit<T>(action: () => T, what: string): T {
    const [begin, commit, rollback] = this.#transaction;
    try {
      begin.run();
      const result = action();
      if (hasFailpoints) failpoint(`commit ${named(this.#uncommitted, what)}`);
      commit.run();
      return result;
    } catch (error) {
      if (this.#sqlite.inTransaction) rollback.run();
      throw databaseError(error, this.#file);
    }
  }

  /** Calls `listener` with each event after its commit. Returns the function that stops this. */
  listen(listener: (event: RecordedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Queues an event for the listener until the current transaction commits. */
  announce(event: RecordedEvent): void {
    this.#uncommitted.push(event);
  }

  /** Changes rows; returns how many were changed. */
  run(sql: string, ...parameters: readonly SqlValue[]): number {
    if (!this.#sqlite.inTransaction) throw new Error('Internal error: write outside a transaction');
    return this.#prepare(sql).run(...parameters).changes;
  }

  /** Inserts a row; returns its number. */
  insert(sql: string, ...parameters: readonly SqlValue[]): number {
    if (!this.#sqlite.inTransaction) throw new Error('Internal error: write outside a transaction');
    return Number(this.#prepare(sql).run(...parameters).lastInsertRowid);
  }

  all(sql: string, ...parameters: readonly SqlValue[]): unknown[] {
    try {
      return this.#prepare(sql).all(...parameters);
    } catch (error) {
      throw databaseError(error, this.#file);
    }
  }

  /** Iterates over rows; nothing may be written until the last one is read. */
  each(sql: string, ...parameters: readonly SqlValue[]): IterableIterator<unknown> {
    return this.#prepare(sql).iterate(...parameters);
  }

  get(sql: string, ...parameters: readonly SqlValue[]): unknown {
    try {
      return this.#prepare(sql).get(...parameters);
    } catch (error) {
      throw databaseError(error, this.#file);
    }
  }

  /** Parses a JSON column of a given type; throws an `InputError` that names the column if it has another. */
  decode<T>(json: string, is: Guard<T>, column: string): T {
    return this.known(parseJson(json), is, column);
  }

  /** Checks a column's type; throws as `decode` does. */
  known<T>(value: unknown, is: Guard<T>, column: string): T {
    if (is(value)) return value;
    throw damaged(this.#file, `: a row has an invalid value in ${column}`);
  }

  /** The statements that were prepared so far. */
  get statements(): Iterable<string> {
    return this.#statements.keys();
  }

  /** Merges the write-ahead log into the file, then closes it. */
  close(): void {
    try {
      if (!this.#sqlite.readonly && !this.#sqlite.inTransaction) this.#sqlite.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // For example, the disk is full: the log stays beside the file, and is read with it.
    }
    this.#sqlite.close();
  }

  #prepare(sql: string): Sqlite.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** The name of a transaction's failpoint. */
function named(events: readonly RecordedEvent[], what: string): string {
  if (events.length === 0) return what;
  const names = events.map(({ event }) => (event.type === 'unit-changed' ? `unit-${event.to}` : event.type));
  return [...new Set(names)].join('+');
}

export type SqlValue = string | number | null;

/** Opens the queue in a state folder for writing, creating or migrating it. `isChecked` checks the file for damage first. */
export function openDatabase(folder: string, options: { readonly isChecked?: boolean } = {}): Database {
  const file = path.join(ensureOwnFolder(folder), databaseName);
  const sqlite = open(file, {});
  if (options.isChecked === true) checkWhole(sqlite, file);
  try {
    const { isLatest } = checkSchema(sqlite, file);
    sqlite.pragma('journal_mode = WAL'); // stored in the file
    if (!isLatest) migrate(sqlite);
  } catch (error) {
    sqlite.close();
    throw databaseError(error, file);
  }
  return new Database(sqlite, file);
}

/** Opens the queue in a state folder for reading; null if there is none. */
export function openForReading(folder: string): Database | null {
  const file = path.join(folder, databaseName);
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return null;
  checkOwnFolder(folder);
  checkOwnFile(file);
  const sqlite = openReadOnly(file);
  try {
    if (checkSchema(sqlite, file).isLatest) return new Database(sqlite, file);
  } catch (error) {
    sqlite.close();
    throw databaseError(error, file);
  }
  sqlite.close();
  return openDatabase(folder); // migrate an older schema first
}

/** Opens a file read-only; on a disk where SQLite cannot create its companion files, opens a copy. */
function openReadOnly(file: string): Sqlite.Database {
  try {
    return open(file, { readonly: true });
  } catch (error) {
    const isUnusable = error instanceof MachineError && error.diagnostics[0]?.code === 'database-unusable';
    if (!isUnusable) throw error;
    const folder = makeTemporary('read');
    try {
      for (const ending of ['', '-wal'])
        if (existsSync(file + ending)) copyFileSync(file + ending, path.join(folder, `copy.db${ending}`));
      return open(path.join(folder, 'copy.db'), { readonly: true });
    } finally {
      rmSync(folder, { recursive: true, force: true }); // an open file stays readable
    }
  }
}

/** Milliseconds to wait for other writers: a hundred at once take a while on a slow disk. The environment can set it. */
function busyMs(): number {
  const asked = Number(process.env['BACKLOG_BUSY_SECONDS'] ?? '');
  return asked > 0 && Number.isFinite(asked) ? asked * 1000 : 30_000;
}

/** Page cache in KiB; small, since starting a process costs by our memory. */
const cacheKiB = 4000;

function open(file: string, options: Sqlite.Options): Sqlite.Database {
  let sqlite: Sqlite.Database | null = null;
  try {
    if (options.readonly === true) checkOwnFile(file);
    else ensureOwnFile(file); // SQLite's companion files get its mode
    sqlite = new Sqlite(file, { ...options, timeout: busyMs() });
    sqlite.pragma('trusted_schema = OFF');
    sqlite.pragma('cell_size_check = ON');
    if (options.readonly !== true) {
      sqlite.pragma('synchronous = FULL');
      sqlite.pragma(`cache_size = -${cacheKiB}`);
    }
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma('user_version'); // the first read of the file
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw databaseError(error, file);
  }
}

/** Checks every page of the file. Throws an `InputError` if it is damaged. */
function checkWhole(sqlite: Sqlite.Database, file: string): void {
  try {
    if (sqlite.pragma('quick_check(1)', { simple: true }) === 'ok') return;
    throw new Sqlite.SqliteError('damaged', 'SQLITE_CORRUPT');
  } catch (error) {
    sqlite.close();
    throw databaseError(error, file);
  }
}

/** An error of the file (`InputError`) or its disk (`MachineError`), in words; any other error unchanged. */
export function databaseError(error: unknown, file: string, what: 'queue' | 'lock' = 'queue'): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code)) return what === 'lock' ? damagedLock(file) : damaged(file);
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(error.code)) {
    return machineFault(
      'database-busy',
      `another process has been writing to the queue file ${file} for ${busyMs() / 1000} seconds`,
      `See which one ("fuser ${file}"). Wait for it to end, or end it, and run the same command again. What was recorded is kept.`,
    );
  }
  const trouble = Object.entries(troubles).find(([code]) => error.code.startsWith(code))?.[1];
  if (trouble === undefined) return error;
  return machineFault(
    'database-unusable',
    `the ${what} file ${file} cannot be used: ${trouble} (${error.code})`,
    'Check free space and permissions; what was recorded is kept, and the next run goes on from there.',
  );
}

/** SQLite's errors about the disk, in words. */
const troubles: Readonly<Record<string, string>> = {
  SQLITE_READONLY: 'it is read-only',
  SQLITE_CANTOPEN: 'it cannot be opened',
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'the disk reports an error',
};

function damagedLock(file: string): InputError {
  return inputError(
    'lock-damaged',
    `the lock file ${file} is damaged`,
    'Delete it, and run the same command again: it contains no data.',
  );
}

/** The error for a damaged queue file; `what` says where, if known. */
function damaged(file: string, what = ''): InputError {
  return inputError(
    'database-damaged',
    `the queue file ${file} is damaged${what}`,
    'Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.',
  );
}
