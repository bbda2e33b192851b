import Sqlite from 'better-sqlite3';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';

/*
 * The tables of a queue. A file is used only if its schema is exactly what the migrations make, since a foreign trigger or
 * view would run with our statements.
 */

/** `bklg` in ASCII: marks the file as ours. */
const applicationId = 0x62_6b_6c_67;

/** The folder of `NNNNNN.sql` files, beside `src/` or `dist/`. */
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

/** A schema: its version, and everything in it as text. */
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

/** The schema that the migrations up to a version make. */
function madeUpTo(version: number, steps: readonly Migration[]): Schema {
  const sqlite = new Sqlite(':memory:');
  try {
    for (const step of steps) if (step.version <= version) sqlite.exec(readFileSync(step.file, 'utf8'));
    return { version, text: textOf(sqlite) };
  } finally {
    sqlite.close();
  }
}

/** The schema that all migrations make. The build saves it in `dist/schema.json`, since making it takes milliseconds. */
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

/** Throws an `InputError` for a file that is newer than this program, or whose schema differs from the migrations'. */
export function checkSchema(
  sqlite: Sqlite.Database,
  file: string,
): { readonly isLatest: boolean; readonly isEmpty: boolean } {
  const steps = migrations();
  const latest = steps.at(-1)?.version ?? 0;
  // In one transaction: another process may be creating the file.
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
      `the queue file ${file} contains tables, triggers or views that backlog did not create, so it is not opened`,
      'Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.',
    );
  }
  return { isLatest: version === latest, isEmpty: version === 0 };
}

/** True if the file has the version that the migrations make; another process may have migrated it meanwhile. */
export function isLatest(sqlite: Sqlite.Database): boolean {
  return versionOf(sqlite) === migrations().at(-1)?.version;
}

/** Migrates a file whose schema was checked, in one transaction. */
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
