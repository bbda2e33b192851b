import Sqlite from 'better-sqlite3';
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exceptOn, fail } from '../support/agent-script.ts';
import { fileUnit, scripted, stragglers, TestProject, writeFile } from '../support/project.ts';

/*
 * A queue that is none, or not all of one: each verb says what it is and what to do, with exit code 2, and changes nothing.
 */

let project: TestProject;
let whole: string;
const ends: (() => void)[] = [];
const db = (): string => path.join(project.state, 'backlog.db');

beforeAll(async () => {
  project = TestProject.makeKept(
    {
      ...scripted([writeFile, exceptOn('a', fail())], { limits: { attempts: 1 } }),
      ...fileUnit('a'),
      ...fileUnit('b'),
    },
    (end) => ends.push(end),
  );
  await project.start(['run', 'specs'], { isKept: true }).ended;
  project.write(fileUnit('c'));
  whole = path.join(project.outside, 'whole.db');
  copyFileSync(db(), whole);
  return () => {
    for (const end of ends) end();
  };
});

/** Lays the whole queue there again, and changes it. */
function lay(change: (file: string) => void): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(db() + ending, { force: true, recursive: true });
  copyFileSync(whole, db());
  change(db());
}

const sql =
  (...statements: readonly string[]) =>
  (file: string): void => {
    const sqlite = new Sqlite(file);
    sqlite.pragma('ignore_check_constraints = ON');
    for (const statement of statements) sqlite.exec(statement);
    sqlite.close();
  };

/** Leaves what nobody can ask for. */
function request(verb: string, words: string): string {
  return `insert into requests (verb, unit, arguments, requested_by, requested_at) values ('${verb}', 'b', '${words}', 'ada', 1)`;
}

/** Takes a field out of the events of a type. */
function without(type: string, field: string): string {
  return `update events set event = json_remove(event, '$.${field}') where type = '${type}'`;
}

/** Pages in the middle, as a disk may give them back. */
function scribble(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, Math.floor(bytes.length / 3), Math.floor((2 * bytes.length) / 3));
  writeFileSync(file, bytes);
}

const verbs = ['status', 'list', 'run', 'retry b', 'report'];
let asked = 0;
const aside = 'Move it aside and run again: it is rebuilt from the specs and from what has landed on the branch.';
const foreign =
  'contains tables, triggers or views that backlog did not create, so it is not opened [database-foreign]';

/** What the next two verbs answer, exit code and everything that they say: all of them are asked by turns. */
async function answers(): Promise<[verb: string, said: string][]> {
  const said: [string, string][] = [];
  for (const verb of [...verbs, ...verbs].slice(asked, asked + 2)) {
    const { code, stderr } = await project.start(verb.split(' '), { mayBreak: true }).ended;
    said.push([verb, `${code} ${stderr}`]);
  }
  asked = (asked + 2) % verbs.length;
  return said;
}

describe('every verb says what the queue file is, and what to do', () => {
  test.each<[string, (file: string) => void, string, string?]>([
    ["another program's", (file) => (rmSync(file), sql('create table cats (name text)')(file)), foreign],
    ['without a table', sql('drop table stamps'), foreign],
    ['without a column', sql('alter table units drop column answer'), foreign],
    [
      'of a newer version',
      sql('pragma user_version = 999'),
      'was written by a newer version of backlog [database-newer]',
      'Use that version, or a later one.',
    ],
    ['a text', (file) => writeFileSync(file, 'A text, and no queue.\n'.repeat(100)), 'is damaged [database-damaged]'],
    ['cut off', (file) => truncateSync(file, 5000), 'is damaged [database-damaged]'],
    ['with other bytes in its middle', scribble, 'is damaged [database-damaged]'],
  ])('%s', async (_what, change, message, hint) => {
    lay(change);
    const bytes = readFileSync(db());
    const said = await answers();
    const whole = `2 error: the queue file ${db()} ${message}\n  ${hint ?? aside}\n`;
    expect(said).toEqual(said.map(([verb]) => [verb, whole]));
    expect(said.length).toBe(2);
    expect(readFileSync(db()).equals(bytes)).toBe(true);
    expect(stragglers(project)).toEqual([]);
  });

  test('a folder in its place', async () => {
    lay((file) => (rmSync(file), mkdirSync(file)));
    for (const [, said] of await answers())
      expect(said).toContain(`2 error: ${db()} is not a plain file, so it is not opened`);
  });

  test('one that is empty is filled again from the specs and the branch', async () => {
    lay((file) => writeFileSync(file, ''));
    expect((await project.backlog('list')).stdout).toContain('done    a  A\n');
  });
});

test.each([
  ['attempts.failure', "update attempts set failure = '3'", 'show b'],
  ['sessions.files_read', "update sessions set files_read = '{}'", 'agents'],
  ['sessions.files_read', "update sessions set files_read = '{}'", 'costs'],
  ['events.event', "update events set event = '[]'", 'log b'],
  ['events.event', without('claimed', 'role'), 'log b'],
  ['events.event', without('not-done', 'failure'), 'log b'],
  ['events.event', without('landed', 'commit'), 'log a'],
  ['events.event', without('landed', 'files'), 'log a'],
  ['events.event', without('unit-changed', 'to'), 'log b'],
  ['attempts.failure', `update attempts set failure = '{"reason":"merge-conflict"}'`, 'show b'],
  ['requests.arguments', request('retry', '{}'), 'run'],
  ['requests.verb', request('x', '{"message":""}'), 'run'],
  ['requests.verb', request('x', '{"message":""}'), 'status'],
])('so is one of another table, by who reads it: %s (%s) by %s', async (column, statement, verb) => {
  lay(sql(statement));
  const { code, stderr } = await project.start(verb.split(' '), { mayBreak: true }).ended;
  expect([code, stderr]).toEqual([
    2,
    `error: the queue file ${db()} is damaged: a row has an invalid value in ${column} [database-damaged]\n  ${aside}\n`,
  ]);
});

test.each([
  ['of a type that a newer version may know', `update events set event = '{"type":"new"}' where type = 'note'`],
  ['with a field that a newer version may have', `update events set event = json_set(event, '$.more', 1)`],
  ['without the names that older versions did not tell', without('unit-changed', 'key')],
])('an event %s is none of that', async (_what, statement) => {
  lay(sql(statement));
  expect(await project.start(['log', 'b'], { mayBreak: true }).ended).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  ['units.spec', '[]', 'run'],
  ['units.spec', '{"id":"a","criteria":{}}', 'retry b'],
  ['units.failure', '"no"', 'run'],
  ['units.kept_work', '{"purpose":"land"}', 'retry b'],
  ['units.kept_work', '{"purpose":"land"}', 'run'],
  ['units.reached', '{}', 'retry b'],
])('a row that holds what no version writes is told: %s = %s to %s', async (column, value, verb) => {
  lay(sql(`update units set ${column.slice('units.'.length)} = '${value}' where id = 'b'`));
  const { code, stderr } = await project.start(verb.split(' '), { mayBreak: true }).ended;
  expect([code, stderr]).toEqual([
    2,
    `error: the queue file ${db()} is damaged: a row has an invalid value in ${column} [database-damaged]\n  ${aside}\n`,
  ]);
});

describe('what lies beside it', () => {
  test.each([
    [
      'a damaged lock',
      'runner.lock',
      'Delete it, and run the same command again: it contains no data.',
      'lock-damaged',
    ],
    ['a file named git', 'git', 'Move the file aside, and run the same command again.', 'odd-state'],
  ])('%s', async (_what, name, hint, code) => {
    lay(() => undefined);
    const file = path.join(project.state, name);
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, 'x'.repeat(2000), { mode: 0o600 });
    const ended = await project.backlog('run');
    rmSync(file);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(file)]);
    expect(ended.stderr).toContain(`[${code}]\n  ${hint}\n`);
    expect(ended.stderr).not.toContain('queue file');
  });

  test('another program that keeps writing to it', async () => {
    lay(() => undefined);
    const other = new Sqlite(db());
    other.exec('begin immediate');
    const env = { BACKLOG_BUSY_SECONDS: '0.5' };
    const ended = await project.start(['retry', 'b'], { env }).ended;
    other.close();
    expect([ended.code, ended.stderr]).toEqual([
      2,
      `error: another process has been writing to the queue file ${db()} for 0.5 seconds [database-busy]\n` +
        `  See which one ("fuser ${db()}"). Wait for it to end, or end it, and run the same command again. What was recorded is kept.\n`,
    ]);
  });
});
