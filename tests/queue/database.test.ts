import Sqlite from 'better-sqlite3';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase, openForReading } from '../../src/queue/database.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { Lock } from '../../src/queue/lock.ts';
import { temporaryFolder } from '../support/project.ts';

const raw = (folder: string): Sqlite.Database => new Sqlite(path.join(folder, '.backlog/backlog.db'));

test('the schema is what the golden file says', async () => {
  const folder = temporaryFolder();
  openDatabase(folder).close();
  const sqlite = raw(folder);
  const rows = sqlite.prepare('select sql from sqlite_schema where sql is not null order by type desc, name').all() as {
    sql: string;
  }[];
  const pragmas = ['user_version', 'application_id', 'journal_mode'].map(
    (name) => `-- ${name}: ${String(sqlite.pragma(name, { simple: true }))}`,
  );
  sqlite.close();
  await expect(`${[...pragmas, ...rows.map((row) => `${row.sql};`)].join('\n')}\n`).toMatchFileSnapshot(
    'schema.golden.sql',
  );
});

test('every table is strict', () => {
  const folder = temporaryFolder();
  openDatabase(folder).close();
  const sqlite = raw(folder);
  const tables = sqlite.pragma('table_list') as { name: string; type: string; strict: number }[];
  sqlite.close();
  expect(
    tables.filter((table) => table.type === 'table' && !table.name.startsWith('sqlite_') && table.strict === 0),
  ).toEqual([]);
});

test('it is opened with a write-ahead log, full synchronisation and foreign keys', () => {
  const database = openDatabase(temporaryFolder());
  const pragma = (name: string): unknown => Object.values(database.get(`pragma ${name}`) as object)[0];
  expect(['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema'].map(pragma)).toEqual(['wal', 2, 1, 0]);
  database.close();
});

test('a write outside of a transaction is a bug', () => {
  const database = openDatabase(temporaryFolder());
  expect(() => database.run('delete from specs')).toThrow('Internal error: write outside a transaction');
  database.close();
});

test('an event is told once it is committed, and never when it is not', () => {
  const folder = temporaryFolder();
  const database = openDatabase(folder);
  const told: string[] = [];
  const reader = openForReading(folder);
  database.listen(({ event }) => {
    told.push(`${event.type}, ${reader?.all('select id from events').length ?? 0} recorded`);
  });
  const notice = (text: string): void => appendEvent(database, 1, null, { type: 'notice', text });
  database.write(() => {
    notice('one');
    database.write(() => notice('two'));
    expect(told).toEqual([]);
  });
  expect(told).toEqual(['notice, 2 recorded', 'notice, 2 recorded']);
  expect(() =>
    database.write(() => {
      notice('lost');
      throw new Error('half-way');
    }),
  ).toThrow('half-way');
  database.write(() => notice('three'));
  expect(told.slice(2)).toEqual(['notice, 3 recorded']);
  reader?.close();
  database.close();
});

test('a failed transaction leaves nothing behind', () => {
  const database = openDatabase(temporaryFolder());
  expect(() =>
    database.write(() => {
      database.run("insert into specs (file, hash, read_at) values ('a', 'b', 1)");
      throw new Error('half-way');
    }),
  ).toThrow('half-way');
  expect(database.all('select * from specs')).toEqual([]);
  database.close();
});

test('a newer database, a damaged one and a foreign file are refused with what to do', () => {
  const newer = temporaryFolder();
  openDatabase(newer).close();
  const sqlite = raw(newer);
  sqlite.pragma('user_version = 999');
  sqlite.close();
  expect(() => openDatabase(newer)).toThrow(/was written by a newer version/);
  expect(() => openForReading(newer)).toThrow(/was written by a newer version/);
  const foreign = temporaryFolder();
  openDatabase(foreign).close();
  writeFileSync(path.join(foreign, '.backlog/backlog.db'), 'not a database at all'.repeat(100));
  expect(() => openDatabase(foreign)).toThrow(/is damaged/);
});

const migrations = path.resolve(import.meta.dirname, '../../migrations');

test.each(['drop table waves', ''])(
  'a queue of version 3 is brought up to date, with and without waves: %s',
  (change) => {
    const folder = temporaryFolder();
    openDatabase(folder).close();
    rmSync(path.join(folder, '.backlog/backlog.db'));
    const sqlite = raw(folder);
    for (const version of [1, 2, 3]) sqlite.exec(readFileSync(path.join(migrations, `00000${version}.sql`), 'utf8'));
    sqlite.exec(change);
    sqlite.pragma('user_version = 3');
    sqlite.close();
    const database = openDatabase(folder);
    expect([
      database.get("select count(*) as n from sqlite_schema where name = 'waves'"),
      database.get('select user_version as version from pragma_user_version'),
    ]).toEqual([{ n: 0 }, { version: 4 }]);
    database.close();
  },
);

test('migrations are numbered without gaps', () => {
  const names = readdirSync(migrations).toSorted();
  expect(names).toEqual(names.map((_, index) => `${String(index + 1).padStart(6, '0')}.sql`));
});

test('the state folder hides itself from git, and reading a folder without a queue makes none', () => {
  const folder = temporaryFolder();
  expect(openForReading(folder)).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
  openDatabase(folder).close();
  expect(readFileSync(path.join(folder, '.backlog/.gitignore'), 'utf8')).toBe('*\n');
});

test('a lock is held by one at a time', () => {
  const file = path.join(temporaryFolder(), 'sub/runner.lock');
  const first = Lock.take(file);
  expect([first !== null, Lock.take(file)]).toEqual([true, null]);
  first?.release();
  const second = Lock.take(file);
  expect(second).not.toBeNull();
  second?.release();
});
