import Sqlite from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { InputError } from '../../src/model/diagnostic.ts';
import { openDatabase, openForReading } from '../../src/queue/database.ts';
import { appendEvent } from '../../src/queue/events.ts';
import { Lock } from '../../src/queue/lock.ts';
import { temporaryFolder } from '../support/project.ts';

const raw = (folder: string): Sqlite.Database => new Sqlite(path.join(folder, 'backlog.db'));

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
      database.run("insert into stamps (name, value) values ('a', '1')");
      throw new Error('half-way');
    }),
  ).toThrow('half-way');
  expect(database.all('select * from stamps')).toEqual([]);
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
  writeFileSync(path.join(foreign, 'backlog.db'), 'not a database at all'.repeat(100));
  expect(() => openDatabase(foreign)).toThrow(/is damaged/);
});

const migrations = path.resolve(import.meta.dirname, '../../migrations');

const versions = readdirSync(migrations).length;

/** A queue as an older version of the program left it. */
function ofVersion(folder: string, version: number): void {
  const sqlite = raw(folder);
  sqlite.pragma('synchronous = OFF');
  sqlite.exec('begin');
  for (const name of readdirSync(migrations).toSorted().slice(0, version))
    sqlite.exec(readFileSync(path.join(migrations, name), 'utf8'));
  sqlite.pragma(`user_version = ${version}`);
  sqlite.exec('commit');
  sqlite.close();
}

test.each(Array.from({ length: versions }, (_, index) => index))(
  'a queue of version %i is brought up to date, by who writes and by who reads',
  (version) => {
    for (const openQueue of [openDatabase, openForReading]) {
      const folder = temporaryFolder();
      ofVersion(folder, version);
      const database = openQueue(folder);
      expect(database?.get('select user_version as version from pragma_user_version')).toEqual({ version: versions });
      database?.close();
    }
  },
);

test('a queue of an older version is not brought up to date while its run is at work', () => {
  const folder = temporaryFolder();
  ofVersion(folder, versions - 1);
  const run = Lock.take(path.join(folder, 'runner.lock'));
  for (const openQueue of [openDatabase, openForReading])
    expect(() => openQueue(folder)).toThrow(/a run of an older version of backlog is at work/);
  const sqlite = raw(folder);
  expect(sqlite.pragma('user_version', { simple: true })).toBe(versions - 1);
  sqlite.close();
  openDatabase(folder, { isLocked: true }).close(); // by the run of this version itself
  const empty = temporaryFolder();
  const other = Lock.take(path.join(empty, 'runner.lock'));
  openDatabase(empty).close(); // nobody has written there yet
  other?.release();
  run?.release();
  openDatabase(folder).close();
});

describe.each([
  ['of this version', versions],
  ['of the version before', versions - 1],
])('a file %s that holds anything else than the migrations make is not opened', (_, version) => {
  test.each([
    ['a trigger', 'create trigger t after insert on events begin delete from evidence; end'],
    ['a trigger for a moment', 'create trigger t before update of state on units begin select 1; end'],
    ['a view', 'create view v as select 1'],
    ['a view in the place of a table', 'drop table stamps; create view stamps as select 1 as name, 2 as value'],
    ['a table more', 'create table more (x text) strict'],
    ['a virtual table', 'create virtual table v using fts5(x)'],
    ['a table less', 'drop table stamps'],
    ['a column more', 'alter table units add column more text'],
    ['an index more', 'create index more on units (title)'],
    ['an index on an expression', 'create index more on units (lower(title))'],
    ['an index less', 'drop index units_by_state'],
    ['a check less', 'drop table stamps; create table stamps (name text primary key, value text not null) strict'],
  ])('%s', (__, change) => {
    const folder = temporaryFolder();
    ofVersion(folder, version);
    const sqlite = raw(folder);
    sqlite.exec(change);
    sqlite.close();
    for (const openQueue of [openDatabase, openForReading])
      expect(() => openQueue(folder)).toThrow(/contains tables, triggers or views that backlog did not create/);
  });
});

test('a file without a version that holds something is not opened, and one that differs in white space is', () => {
  const folder = temporaryFolder();
  const sqlite = raw(folder);
  sqlite.exec('create table units (x)');
  sqlite.close();
  expect(() => openDatabase(folder)).toThrow(/contains tables, triggers/);
  const spaced = temporaryFolder();
  ofVersion(spaced, versions);
  const other = raw(spaced);
  other.exec('drop table stamps');
  other.exec(
    'create table stamps (\n\n   name text primary key,\tvalue text not null check (json_valid(value))\n) strict',
  );
  other.close();
  openDatabase(spaced).close();
});

test('the folder is for its user alone, and so is each file in it', () => {
  const folder = path.join(temporaryFolder(), 'state');
  const database = openDatabase(folder);
  const lock = Lock.take(path.join(folder, 'runner.lock'));
  const modes = readdirSync(folder).map(
    (name) => `${name} ${(statSync(path.join(folder, name)).mode & 0o777).toString(8)}`,
  );
  expect([(statSync(folder).mode & 0o777).toString(8), ...modes]).toEqual([
    '700',
    ...['backlog.db', 'backlog.db-shm', 'backlog.db-wal', 'runner.lock', 'runner.lock-journal'].map(
      (name) => `${name} 600`,
    ),
  ]);
  lock?.release();
  database.close();
  chmodSync(folder, 0o777);
  openForReading(folder)?.close();
  expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
});

test('a folder or a file that a link leads to is not opened, and nothing is made behind it', () => {
  const elsewhere = temporaryFolder();
  const theirs = path.join(temporaryFolder(), 'theirs');
  openDatabase(theirs).close();
  const at = temporaryFolder();
  symlinkSync(theirs, path.join(at, 'linked'));
  symlinkSync(elsewhere, path.join(at, 'above'));
  for (const openQueue of [openDatabase, openForReading])
    expect(() => openQueue(path.join(at, 'linked'))).toThrow(/is reached through a link/);
  expect(() => openDatabase(path.join(at, 'above/state'))).toThrow(/is reached through a link/);
  expect(readdirSync(elsewhere)).toEqual([]);
  for (const [name, make, what] of [
    ['link', symlinkSync, /is not a plain file/],
    ['hard-link', linkSync, /is also stored under another path/],
  ] as const) {
    const folder = path.join(at, name);
    mkdirSync(folder);
    make(path.join(theirs, 'backlog.db'), path.join(folder, 'backlog.db'));
    for (const openQueue of [openDatabase, openForReading]) expect(() => openQueue(folder)).toThrow(what);
    rmSync(path.join(folder, 'backlog.db'));
  }
  mkdirSync(path.join(at, 'pipe'));
  spawnSync('mkfifo', [path.join(at, 'pipe/backlog.db')]);
  expect(() => openDatabase(path.join(at, 'pipe'))).toThrow(/is not a plain file/);
});

test.each(['state', "the user's state"])(
  'a queue that was backed up with hard links is mended as it says: in %s',
  (name) => {
    const folder = path.join(temporaryFolder(), name);
    const file = path.join(folder, 'backlog.db');
    openDatabase(folder).close();
    const before = readFileSync(file);
    linkSync(file, path.join(temporaryFolder(), 'backup.db'));
    let hint = '';
    try {
      openDatabase(folder);
    } catch (error) {
      hint = (error as InputError).diagnostics[0]?.hint ?? '';
    }
    const [, command = ''] = /: (cp .*)\. Nothing is lost\.$/.exec(hint) ?? [];
    expect(spawnSync('sh', ['-c', command]).status).toBe(0);
    expect(readFileSync(file)).toEqual(before);
    openDatabase(folder).close();
  },
);

test.runIf(process.getuid?.() === 0)('what belongs to another user is not opened', () => {
  const folder = path.join(temporaryFolder(), 'state');
  openDatabase(folder).close();
  chownSync(path.join(folder, 'backlog.db'), 65_534, 65_534);
  expect(() => openDatabase(folder)).toThrow(/belongs to another user/);
  chownSync(path.join(folder, 'backlog.db'), 0, 0);
  chownSync(folder, 65_534, 65_534);
  for (const openQueue of [openDatabase, openForReading])
    expect(() => openQueue(folder)).toThrow(/belongs to another user/);
});

test('migrations are numbered without gaps', () => {
  const names = readdirSync(migrations).toSorted();
  expect(names).toEqual(names.map((_, index) => `${String(index + 1).padStart(6, '0')}.sql`));
});

test('reading a folder without a queue makes none', () => {
  const folder = temporaryFolder();
  expect(openForReading(folder)).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock is held by one at a time', () => {
  const file = path.join(temporaryFolder(), 'sub/runner.lock');
  expect(Lock.isHeld(file)).toBe(false);
  const first = Lock.take(file);
  expect([first !== null, Lock.take(file), Lock.isHeld(file)]).toEqual([true, null, true]);
  first?.release();
  expect(Lock.isHeld(file)).toBe(false);
  const second = Lock.take(file);
  expect(second).not.toBeNull();
  second?.release();
});
