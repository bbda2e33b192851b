import Sqlite from 'better-sqlite3';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';

/*
 * The tables of a queue. A file is used only when they are exactly what the migrations make: a trigger or a view that
 * somebody put into it would run with every statement of ours.
 */

/** `bklg` in ASCII: marks the file as ours. */
const applicationId = 0x62_6b_6c_67;

/** The folder of `NNNNNN.sql` files, beside `src/` and beside the bundle in `dist/`. */
function migrationsFolder(): string {
  const candidates = ['../../migrations', '../migrations'].map((relative) => path.join(import.meta.dirname, relative));
  const found = candidates.find((folder) => existsSync(folder));
  if (found === undefined) throw new Error(`Internal error: no migrations beside ${import.meta.dirname}`);
  return found;
}

interface Migration {
  readonly version: number;
  readonly file: string;
}

function migrations(): Migration[] {
  const folder = migrationsFolder();
  return readdirSync(folder)
    .filter((name) => /^\d{6}\.sql$/.test(name))
    .toSorted()
    .map((name) => ({ version: Number(name.slice(0, 6)), file: path.join(folder, name) }));
}

/** The schema that a queue has now: its version, and everything in it as text. */
export interface Schema {
  readonly version: number;
  readonly text: string;
}

function versionOf(sqlite: Sqlite.Database): number {
  return sqlite.pragma('user_version', { simple: true }) as number;
}

function textOf(sqlite: Sqlite.Database): string {
  const rows = sqlite.prepare('select type, name, tbl_name, sql from sqlite_schema order by type, name').all();
  return JSON.stringify(rows.map((row) => Object.values(row as object).map(normalised)));
}

function normalised(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/\s+/g, ' ').trim() : value;
}

/** What the migrations up to a version make. */
function madeUpTo(version: number, steps: readonly Migration[]): Schema {
  const sqlite = new Sqlite(':memory:');
  try {
    for (const step of steps) if (step.version <= version) sqlite.exec(readFileSync(step.file, 'utf8'));
    return { version, text: textOf(sqlite) };
  } finally {
    sqlite.close();
  }
}

/** What all migrations make. The build keeps it in `dist/schema.json`: to make it takes a quick command milliseconds. */
export function latestSchema(): Schema {
  const steps = migrations();
  return madeUpTo(steps.at(-1)?.version ?? 0, steps);
}

function wantedSchema(version: number, steps: readonly Migration[]): Schema {
  for (const folder of ['.', '..']) {
    const file = path.join(import.meta.dirname, folder, 'schema.json');
    if (!existsSync(file)) continue;
    const built = JSON.parse(readFileSync(file, 'utf8')) as Schema;
    if (built.version === version) return built;
  }
  return madeUpTo(version, steps);
}

/** Throws an `InputError` for a file that is newer than this program, or that holds anything but what the migrations make. */
export function checkSchema(sqlite: Sqlite.Database, file: string): { readonly isLatest: boolean } {
  const steps = migrations();
  const latest = steps.at(-1)?.version ?? 0;
  // In one look: another process may be making the file.
  const { version, text } = sqlite.transaction(() => ({ version: versionOf(sqlite), text: textOf(sqlite) }))();
  if (version > latest) {
    throw inputError(
      'database-newer',
      `the queue file ${file} was written by a newer version of backlog`,
      'Use that version, or a later one.',
    );
  }
  if (text !== (version === 0 ? '[]' : wantedSchema(version, steps).text)) {
    throw inputError(
      'database-foreign',
      `the queue file ${file} holds other tables, triggers or views than this program makes, so it is not opened`,
      'Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.',
    );
  }
  return { isLatest: version === latest };
}

/** Brings a file whose schema was checked up to date, in one transaction. */
export function migrate(sqlite: Sqlite.Database): void {
  sqlite
    .transaction(() => {
      for (const step of migrations()) {
        if (step.version <= versionOf(sqlite)) continue;
        sqlite.exec(readFileSync(step.file, 'utf8'));
        sqlite.pragma(`user_version = ${step.version}`);
      }
      sqlite.pragma(`application_id = ${applicationId}`);
    })
    .immediate();
}
