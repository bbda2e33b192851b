import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hookEventSchema, messageSchema, type Message, type ToldHook } from '../../src/model/hook-event.ts';
import type { Report } from '../../src/model/report.ts';
import { blocked, onUnit } from '../support/agent-script.ts';
import { type Ended, fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

interface Got {
  readonly path: string;
  readonly body: string;
}

/** A service that takes messages; it answers with these statuses first. */
async function service(
  ...answers: readonly (number | readonly [status: number, headers: Record<string, string>])[]
): Promise<{
  readonly url: string;
  readonly got: Got[];
}> {
  const got: Got[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString('utf8') });
      const [status, headers] = [left.shift() ?? 200].flat() as [number, Record<string, string>?];
      response.writeHead(status, headers).end('{"approve": true, "command": "backlog approve b"}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

/** Work that lands, work that fails, and work that has a question. */
const units = {
  ...fileUnit('a'),
  'specs/b.md': spec('B', ['touches: [b.txt]'], ['It is there — check: `test -f c.txt`']),
  ...fileUnit('q'),
};
const agent = [onUnit('q', blocked('which API?')), writeFile];
const limits = { attempts: 1, repairs: 0 };

function project(on: object, files: Readonly<Record<string, string>> = units, more: object = {}): TestProject {
  return TestProject.make({ ...scripted(agent, { on, limits, ...more }), ...files });
}

/** What a hook wrote into a file outside of the repository, an event on each line. */
function heard(it: TestProject, name = 'heard'): ToldHook[] {
  const file = path.join(it.outside, name);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.map((line) => hookEventSchema.parse(JSON.parse(line)));
}

const run = async (it: TestProject, env: Record<string, string> = {}, ...args: readonly string[]): Promise<Ended> =>
  it.start(['run', 'specs', '--json', ...args], { env }).ended;
const reportOf = ({ stdout }: Ended): Report => JSON.parse(stdout) as Report;

test('a command gets what happened as JSON, in the root of the repository, and its end is told with the report', async () => {
  const it = project({
    'run.started': 'cat >> ../outside/heard',
    'unit.landed': 'cat >> ../outside/heard',
    'unit.failed': 'cat >> ../outside/heard',
    'unit.waits': 'cat >> ../outside/heard',
    'run.ended': ['cat >> ../outside/heard', 'pwd > ../outside/at; env > ../outside/env'],
  });
  const ended = await run(it, { ANTHROPIC_API_KEY: 'sk-canary-of-an-agent', MY_TOKEN: 'mine' });
  expect(ended.code).toBe(1);
  const told = heard(it);
  expect(told[0]).toMatchObject({ event: 'run.started', unit: null, project: 'repo', repository: it.root });
  expect(told.map(({ event, unit }) => `${event} ${unit?.key ?? ''}`.trim()).toSorted()).toEqual([
    'run.ended',
    'run.started',
    'unit.failed b',
    'unit.landed a',
    'unit.waits q',
  ]);
  const of = (event: string): ToldHook | undefined => told.find((one) => one.event === event);
  expect(of('unit.landed')?.landed).toMatchObject({ files: ['a.txt'], linesAdded: 1 });
  expect(of('unit.failed')).toMatchObject({ command: 'backlog show b', unit: { met: 0, of: 1, attempts: 1 } });
  expect(of('unit.waits')).toMatchObject({
    ...{ what: 'q: needs an answer: which API?', command: 'backlog unblock q -m "…"' },
    decide: ['Q', 'evidence: 0 of 1 criteria met', '1 attempt, cost unknown'],
  });
  const end = of('run.ended')?.ended;
  expect(end).toMatchObject({ outcome: 'units-failed', exitCode: 1, costUsd: null });
  expect(end?.items.map(({ sign, units: keys }) => [sign, ...keys])).toEqual([
    ['question', 'q'],
    ['failed', 'b'],
    ['done'],
  ]);
  expect(JSON.parse(readFileSync(end?.report ?? '', 'utf8'))).toEqual(reportOf(ended));
  expect(readFileSync(path.join(it.outside, 'at'), 'utf8')).toBe(`${it.root}\n`);
  const env = readFileSync(path.join(it.outside, 'env'), 'utf8');
  expect([env.includes('MY_TOKEN=mine'), env.includes('BACKLOG_EVENT=run.ended'), env.includes('canary')]).toEqual([
    ...[true, true, false],
  ]);
});

test('a webhook gets one message, whatever it is registered for, with what is needed to decide; its answer decides nothing', async () => {
  const { url, got } = await service();
  const webhook = { webhook: '$TEAM_WEBHOOK', format: 'json' };
  const it = project({ 'unit.failed': webhook, 'unit.waits': webhook, 'unit.landed': webhook, 'run.ended': webhook });
  const ended = await run(it, { TEAM_WEBHOOK: `${url}/secret-of-the-team` });
  expect([ended.code, got.length, got[0]?.path]).toEqual([1, 1, '/secret-of-the-team']);
  const message: Message = messageSchema.parse(JSON.parse(got[0]?.body ?? ''));
  expect(message.title).toBe('repo: 1 of 3 done, 1 failed, 1 blocked');
  expect(message.items).toMatchObject([
    {
      ...{ sign: 'question', units: ['q'], what: 'needs an answer: which API?', command: 'backlog unblock q -m "…"' },
      decide: ['Q', 'evidence: 0 of 1 criteria met', '1 attempt, cost unknown'],
    },
    { sign: 'failed', units: ['b'], command: 'backlog show b' },
    { sign: 'done', command: 'backlog merge' },
  ]);
  // Nothing knows the address.
  const records = it.start(['log', 'a', '--json'], {});
  expect(JSON.stringify([ended, await records.ended])).not.toContain('secret-of-the-team');
  for (const file of [
    'queue.sqlite',
    'queue.sqlite-wal',
    `runs/${message.run.id}/report.html`,
    `runs/${message.run.id}/report.md`,
  ]) {
    const at = path.join(it.state, file);
    if (existsSync(at)) expect([file, readFileSync(at).includes('secret-of-the-team')]).toEqual([file, false]);
  }
  expect((await it.backlog('list')).stdout).toContain('blocked  q');
});
