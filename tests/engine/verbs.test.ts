import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { jsonForm } from '../../src/model/json-form.ts';
import { serveVerbs } from '../support/api.ts';
import { blocked, fail, onUnit } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

/** What the command line says of the same, in JSON and without its envelope. */
async function typed(project: TestProject, ...args: readonly string[]): Promise<unknown> {
  const { schemaVersion, ...said } = JSON.parse((await project.backlog(...args, '--json')).stdout) as Record<
    string,
    unknown
  >;
  return schemaVersion === 1 ? said : { schemaVersion };
}

const folder = 'specs';
const wanted = { folder, allowUnsandboxed: true };

test('an API asks for work, and tells refusals apart', async () => {
  const it = TestProject.make({
    ...scripted([onUnit('bad', fail()), onUnit('stuck', blocked('which port?')), writeFile], {
      limits: { attempts: 1 },
    }),
    ...fileUnit('good'),
    ...fileUnit('bad'),
    ...fileUnit('stuck'),
    'specs/asks.md': spec('Asks', ['touches: [asks.txt]'], ['x — check: `test -f asks.txt`', '(human) It is nice']),
  });
  const ask = await serveVerbs(it.asker);

  // What cannot be meant is not asked for.
  expect(await ask('approved')).toEqual({ kind: 'unknown-verb', name: 'approved' });
  expect(await ask('approve', { folder, units: [], digest: 7, more: 1 })).toEqual({
    kind: 'bad-input',
    issues: ['units', 'digest', ''],
  });
  expect(await ask('list', { folder: 'nowhere' })).toMatchObject({ kind: 'refused', reason: 'no-folder' });
  expect(await ask('report', { folder })).toMatchObject({ kind: 'refused', reason: 'no-run' });

  expect(await ask('plan', { folder })).toMatchObject({ kind: 'plan', waves: [{ startMs: 0 }], stuck: [] });
  expect(await ask('run', wanted)).toMatchObject({
    kind: 'run',
    outcome: 'units-failed',
    exitCode: 1,
    bringHome: [expect.any(String), expect.any(String), 'Merge it: backlog merge -s specs'],
  });
  expect(it.landings()).toEqual(['good']);
  expect(existsSync(path.join(it.outside, 'cache'))).toBe(true);

  const refusals: readonly (readonly [reason: string, verb: string, input: object])[] = [
    ['unknown-unit', 'approve', { units: ['nobody'] }],
    ['unknown-unit', 'retry', { units: ['good', 'nobody'] }],
    ['unknown-agent', 'tell', { agent: 'nobody', message: 'hello' }],
    ['agent-ended', 'stop', { agent: 'good.1-builder' }],
    ['unknown-run', 'report', { run: 'nope' }],
    ['no-title', 'add', { title: ' ' }],
    ['unknown-dependency', 'add', { title: 'More', depends: ['nobody'] }],
    ['not-proposed', 'accept', { proposal: 'good' }],
    ['not-landed', 'undo', { unit: 'bad', allowUnsandboxed: true }],
    ['no-branch', 'merge', { into: 'backlog/other' }],
    ['not-claimed', 'adopt', { units: ['bad'], allowUnsandboxed: true }],
    ['trust-mismatch', 'trust', { digest: 'abc' }],
  ];
  for (const [reason, verb, input] of refusals)
    expect([verb, await ask(verb, { folder, ...input })]).toMatchObject([verb, { kind: 'refused', reason }]);
  const answers: readonly (readonly [verb: string, input: object, answer: object])[] = [
    ['approve', { units: ['bad'] }, { kind: 'refused', reason: 'not-awaiting', key: 'bad', state: 'failed' }],
    ['approve', { units: ['asks'], digest: 'abc' }, { kind: 'refused', reason: 'change-differs' }],
    ['retry', { units: ['good'] }, { kind: 'refused', reason: 'unit-done' }],
    ['reject', { units: ['good'], message: 'no' }, { kind: 'refused', reason: 'not-awaiting' }],
    ['unblock', { units: ['stuck'], message: '8080' }, { kind: 'unblocked', state: 'ready', isIdle: true }],
    ['pause', { units: ['stuck'] }, { kind: 'paused', says: 'stuck is paused' }],
    ['resume', { units: ['stuck'] }, { kind: 'resumed' }],
    ['cancel', { units: ['stuck'] }, { kind: 'cancelled', state: 'cancelled' }],
    ['retry', { units: 'failed' }, { kind: 'retried', key: 'bad', state: 'ready' }],
    ['approve', { units: ['asks'], message: 'nice' }, { kind: 'approved', key: 'asks', state: 'ready' }],
  ];
  for (const [verb, input, answer] of answers)
    expect([verb, await ask(verb, { folder, ...input })]).toMatchObject([
      verb,
      { kind: 'answered', answers: [answer] },
    ]);
  // What is recorded names the person who asked, and not the account of this process.
  const { events } = (await ask('log', { folder, unit: 'asks' })) as unknown as { events: object[] };
  const approved = { event: expect.objectContaining({ why: 'approved by Grace' }) as object };
  expect(events).toContainEqual(expect.objectContaining(approved));
});

test('an API answers what the command line prints as JSON', async () => {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('good') });
  const ask = await serveVerbs(it.asker);
  expect(await ask('run', wanted)).toMatchObject({ kind: 'run', outcome: 'done' });
  const looks: readonly (readonly [verb: string, input: object, ...args: readonly string[]])[] = [
    ['list', {}, 'list'],
    ['show', { unit: 'good' }, 'show', 'good'],
    ['diff', { unit: 'good' }, 'diff', 'good'],
    ['review', {}, 'review'],
    ['runs', {}, 'runs'],
    ['costs', { unit: 'good' }, 'costs', '--unit', 'good'],
    ['agents', { isAll: true }, 'agents', '--all'],
    ['agent', { name: 'good.1-builder' }, 'agents', 'show', 'good.1-builder'],
    ['check', {}, 'check'],
    ['consent', {}, 'trust'],
    ['gc', { isDry: true }, 'gc', '--dry-run'],
  ];
  for (const [verb, input, ...args] of looks)
    expect([verb, jsonForm(await ask(verb, { folder, ...input }))]).toEqual([verb, await typed(it, ...args)]);
});

test('an API lands, undoes and adds in the folder of its person, and tells which of their files are at fault', async () => {
  const it = TestProject.make({ ...scripted(writeFile), ...fileUnit('good') });
  const ask = await serveVerbs(it.asker);
  expect(await ask('run', wanted)).toMatchObject({ kind: 'run', outcome: 'done' });
  const { findings } = (await ask('doctor', { folder })) as unknown as { findings: object[] };
  expect(findings).toContainEqual(expect.objectContaining({ what: 'branch', level: 'ok' }));
  expect(await ask('init', { folder })).toMatchObject({ kind: 'init', made: [], kept: ['backlog.config.json'] });
  it.git('commit', '--quiet', '--allow-empty', '--message', 'Mine');
  expect(await ask('merge', { folder })).toMatchObject({ kind: 'merge', how: 'merged', into: 'main' });
  expect(await ask('merge', { folder })).toMatchObject({ kind: 'merge', how: 'already' });
  expect(await ask('undo', { ...wanted, unit: 'good' })).toMatchObject({ kind: 'undo', key: 'good', state: 'ready' });
  // Whose git settings hold is said by the environment of the person, too.
  expect(it.git('log', '-1', '--format=%an %cn', 'backlog/next')).toBe('Ada Ada');
  expect(await ask('add', { folder, title: 'Later', checks: ['true'] })).toMatchObject({
    kind: 'added',
    key: 'followups.later',
    file: path.join(it.root, 'specs/followups.md'),
  });
  expect(await ask('forget', { folder, name: null })).toEqual({ kind: 'agents-removed', removed: 1 });
  it.write({ 'specs/backlog.config.json': '{ "agnt": "x" }' });
  expect(await ask('list', { folder })).toMatchObject({
    kind: 'faulty',
    diagnostics: [{ code: 'unknown-key', file: 'specs/backlog.config.json', line: 1 }],
  });
});
