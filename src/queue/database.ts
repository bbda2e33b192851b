import Sqlite from 'better-sqlite3';
import { copyFileSync, existsSync, lstatSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inputError, MachineError } from '../model/diagnostic.ts';
import type { RecordedEvent } from '../model/event.ts';
import { failpoint, hasFailpoints } from '../util/failpoint.ts';
import { busyMs, damagedQueue, databaseError } from './database-error.ts';
import { parseJson } from '../util/text/json.ts';
import type { Guard } from '../util/values/shape.ts';
import { makeTemporary } from '../util/files/temporary.ts';
import { checkOwnFile, checkOwnFolder, ensureOwnFile, ensureOwnFolder } from './own-folder.ts';
import { Lock, workLockName } from './lock.ts';
import { checkSchema, isLatest, migrate } from './schema.ts';

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
    throw damagedQueue(this.#file, `: a row has an invalid value in ${column}`);
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

/**
 * Opens the queue in a state folder for writing, creating or migrating it. `isChecked` checks the file for damage first;
 * `isLocked` says that the caller holds the lock for work. Throws an `InputError` if the file is of an older version and
 * a run of that version is at work.
 */
export function openDatabase(
  folder: string,
  options: { readonly isChecked?: boolean; readonly isLocked?: boolean } = {},
): Database {
  const file = path.join(ensureOwnFolder(folder), databaseName);
  const sqlite = open(file, {});
  if (options.isChecked === true) checkWhole(sqlite, file);
  try {
    const { isLatest: isCurrent, isEmpty } = checkSchema(sqlite, file);
    sqlite.pragma('journal_mode = WAL'); // stored in the file
    if (!isCurrent) migrateAlone(sqlite, folder, isEmpty || options.isLocked === true);
  } catch (error) {
    sqlite.close();
    throw databaseError(error, file);
  }
  return new Database(sqlite, file);
}

/** Milliseconds for which others hold the lock just to look whether it is held. */
const momentMs = 500;

/** Migrates a queue under its lock for work: a run of the older version, still at work, could not write the new tables. */
function migrateAlone(sqlite: Sqlite.Database, folder: string, isAlone: boolean): void {
  const lock = isAlone ? null : Lock.take(path.join(folder, workLockName), momentMs);
  if (!isAlone && lock === null && !isLatest(sqlite))
    throw inputError(
      'database-older',
      `a run of an older version of backlog is at work on the queue in ${folder}, which this version would change`,
      'Wait until that run has ended, or stop it with Ctrl-C, and run the same command again.',
    );
  try {
    migrate(sqlite);
  } finally {
    lock?.release();
  }
}

/**
 * Opens the queue in a state folder for reading; null if there is none. Throws as `openDatabase` does. Migrates an older
 * schema first; with `isAsItIs`, such a queue is null.
 */
export function openForReading(folder: string, { isAsItIs = false } = {}): Database | null {
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
  return isAsItIs ? null : openDatabase(folder); // migrate an older schema first
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

/** The version of SQLite that queues are read and written with. */
export function sqliteVersion(): string {
  const database = new Sqlite(':memory:');
  try {
    return String(database.prepare('select sqlite_version()').pluck().get());
  } finally {
    database.close();
  }
}
