import Sqlite from 'better-sqlite3';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { databaseError } from './database-error.ts';
import { ensureOwnFile, ensureOwnFolder } from './own-folder.ts';

/** Name of the lock of a run, or of a verb that judges, in the state folder. It is held for its whole duration. */
export const workLockName = 'runner.lock';

/** A lock that ends with its process: an exclusive transaction on a small file. */
export class Lock {
  readonly #sqlite: Sqlite.Database;

  private constructor(sqlite: Sqlite.Database) {
    this.#sqlite = sqlite;
  }

  /** Takes the lock at once (or within `patienceMs`); null if another process holds it. */
  static take(file: string, patienceMs = 0): Lock | null {
    ensureOwnFolder(path.dirname(file));
    let sqlite: Sqlite.Database;
    try {
      ensureOwnFile(file);
      sqlite = new Sqlite(file, { timeout: patienceMs });
    } catch (error) {
      throw databaseError(error, file, 'lock');
    }
    try {
      sqlite.pragma('journal_mode = DELETE');
      sqlite.exec('begin exclusive');
      return new Lock(sqlite);
    } catch (error) {
      sqlite.close();
      if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
      throw databaseError(error, file, 'lock');
    }
  }

  /** True while a process holds the lock. Asking blocks others only for a moment. */
  static isHeld(file: string): boolean {
    if (!existsSync(file)) return false;
    let sqlite: Sqlite.Database | null = null;
    try {
      sqlite = new Sqlite(file, { fileMustExist: true, timeout: 0 });
      sqlite.prepare('select count(*) from sqlite_schema').get();
      return false;
    } catch (error) {
      if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true;
      throw databaseError(error, file, 'lock');
    } finally {
      sqlite?.close();
    }
  }

  release(): void {
    if (this.#sqlite.open) {
      this.#sqlite.exec('rollback');
      this.#sqlite.close();
    }
  }
}
