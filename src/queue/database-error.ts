import Sqlite from 'better-sqlite3';
import { type InputError, inputError, machineFault } from '../model/diagnostic.ts';

/** Milliseconds to wait for other writers: a hundred at once take a while on a slow disk. The environment can set it. */
export function busyMs(): number {
  const asked = Number(process.env['BACKLOG_BUSY_SECONDS'] ?? '');
  return asked > 0 && Number.isFinite(asked) ? asked * 1000 : 30_000;
}

/** An error of the file (`InputError`) or its disk (`MachineError`), in words; any other error unchanged. */
export function databaseError(error: unknown, file: string, what: 'queue' | 'lock' = 'queue'): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code)) return what === 'lock' ? damagedLock(file) : damagedQueue(file);
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
export function damagedQueue(file: string, what = ''): InputError {
  return inputError(
    'database-damaged',
    `the queue file ${file} is damaged${what}`,
    'Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.',
  );
}
