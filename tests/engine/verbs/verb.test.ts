import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { fromData, toData } from '../../../src/engine/jobs/error-data.ts';
import { Interrupted } from '../../../src/engine/context/interrupted.ts';
import { machineInTheWay, machineError } from '../../../src/engine/context/machine.ts';
import { verb } from '../../../src/engine/verbs/verb.ts';
import { inputError, MachineError } from '../../../src/model/diagnostic.ts';
import { refused } from '../../../src/model/refusal.ts';
import { databaseError } from '../../../src/queue/database-error.ts';
import { RefsBlocked } from '../../../src/repo/refs/refs.ts';
import { NotWritten, PathRefused } from '../../../src/util/files/confined-file.ts';
import { serveVerbs } from '../../support/api.ts';
import { fileUnit, scripted, TestProject, writeFile } from '../../support/project.ts';

/** What a verb that throws this comes to: a result, or what is thrown in the end. */
async function comesTo(thrown: unknown, words?: typeof machineError): Promise<unknown> {
  const asked = verb(
    (z) => z.object({}),
    () => Promise.reject(thrown as Error),
    words,
  );
  const asker = { name: 'Ada', folder: '/', shownFrom: '/', env: {} };
  try {
    const result = await asked.run(asker, {}, { signal: new AbortController().signal });
    if (result.kind === 'refused') return `refused: ${result.reason}`;
    return `faulty: ${result.diagnostics.map(({ code }) => code).join(' ')}`;
  } catch (error) {
    if (error instanceof MachineError) return `machine: ${error.diagnostics.map(({ code }) => code).join(' ')}`;
    return error === thrown ? 'thrown as it is' : error;
  }
}

const system = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: it is so`), { code }, more);
const ofQueue = (code: string): unknown => databaseError(new Sqlite.SqliteError('so', code), '/q.db');

test.each<[what: string, thrown: unknown, becomes: string]>([
  // Files and settings of the user.
  ['a wrong setting', inputError('bad-branch', 'x'), 'faulty: bad-branch'],
  ['a damaged queue', ofQueue('SQLITE_CORRUPT'), 'faulty: database-damaged'],
  ['a link where a file has to be', new PathRefused('/s', 'a.md', 'link', 'is a link'), 'faulty: path-refused'],
  ['a folder of others', system('EACCES', { path: '/s' }), 'faulty: path-unusable'],
  ['a file of others', new NotWritten('/s/a.md', 'EACCES', null), 'faulty: not-written'],
  // What was asked cannot be done.
  ['a refusal', refused('no-title'), 'refused: no-title'],
  // The machine.
  ['a full disk', system('ENOSPC'), 'machine: machine'],
  ['a full disk under a file', new NotWritten('/s/a.md', 'ENOSPC', null), 'machine: machine'],
  ['too many open files', system('EMFILE', { path: '/s' }), 'machine: machine'],
  ['a queue that others write', ofQueue('SQLITE_BUSY'), 'machine: database-busy'],
  ['a queue on a full disk', ofQueue('SQLITE_FULL'), 'machine: database-unusable'],
  ['a queue on a read-only disk', ofQueue('SQLITE_READONLY'), 'machine: database-unusable'],
  ['refs that stay locked', new RefsBlocked('x', 'y'), 'machine: git-locked'],
  ['a run that the machine broke', new Interrupted({ kind: 'broken', why: 'so' }), 'machine: machine'],
  ['the same, told by a worker', fromData(toData(system('ENOSPC'))), 'machine: machine'],
  ['a busy queue, told by a worker', fromData(toData(ofQueue('SQLITE_BUSY'))), 'machine: database-busy'],
  // Neither.
  ['a stop', new Interrupted({ kind: 'stopped' }), 'thrown as it is'],
  ['a bug', new Error('Internal error: no'), 'thrown as it is'],
  ['a slip', new TypeError('undefined is no function'), 'thrown as it is'],
])('%s', async (_, thrown, becomes) => {
  expect(await comesTo(thrown)).toBe(becomes);
});

test('a run says of the machine that the run ends; another verb does not', async () => {
  const wordsOf = async (words?: typeof machineError): Promise<unknown> => {
    const asked = verb(
      (z) => z.object({}),
      () => Promise.reject(system('ENOSPC')),
      words,
    );
    const asker = { name: 'Ada', folder: '/', shownFrom: '/', env: {} };
    return asked.run(asker, {}, { signal: new AbortController().signal }).catch((error: unknown) => error);
  };
  const why = 'the disk is full (ENOSPC: it is so)';
  expect(await wordsOf(machineError)).toEqual(machineError(why));
  expect(await wordsOf()).toEqual(machineInTheWay(why));
});

test('what nobody consented to is no fault of a file: the reason, the digest to name, and the settings', async () => {
  const it = TestProject.make({ ...scripted(writeFile, { into: 'other' }), ...fileUnit('good') });
  const ask = await serveVerbs(it.asker);
  const { digest } = await ask('consent', { folder: 'specs' });
  expect(await ask('run', { folder: 'specs', allowUnsandboxed: true })).toEqual({
    kind: 'refused',
    reason: 'not-trusted',
    message: expect.stringContaining('backlog.config.json needs your consent; nothing was started') as string,
    hint: `Review it and consent with "backlog trust"; without a terminal: --trust ${String(digest)}, or BACKLOG_TRUST=${String(digest)}.`,
    about: [expect.objectContaining({ code: 'needs-consent', file: 'specs/backlog.config.json' })],
  });
});

test('who asks hears what has no effect without consent, and nobody else does', async () => {
  const it = TestProject.make({ ...scripted(writeFile, { sandbox: { toolchains: ['/opt/t'] } }), ...fileUnit('good') });
  const quiet = TestProject.make({ ...scripted(writeFile), ...fileUnit('good') });
  const told: [string, string][] = [];
  const askOf = async (who: string, { asker }: TestProject): Promise<unknown> =>
    (await serveVerbs({ ...asker, notice: (text) => void told.push([who, text]) }))('list', { folder: 'specs' });
  await Promise.all([askOf('Grace', it), askOf('Ada', quiet)]);
  expect(told).toEqual([
    ['Grace', expect.stringMatching(/: sandbox\.toolchains \("backlog trust" explains it\)$/) as string],
  ]);
});
