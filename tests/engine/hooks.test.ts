import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hookEventSchema, messageSchema, type Message, type ToldHook } from '../../src/model/hook-event.ts';
import type { Report } from '../../src/model/report.ts';
import { append, blocked, hang, onUnit, tryLater } from '../support/agent-script.ts';
import { messageService } from '../support/message-service.ts';
import { type Ended, fileUnit, scripted, spec, stragglers, TestProject, writeFile } from '../support/project.ts';

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
  const { url, got } = await messageService();
  const webhook = { webhook: '$TEAM_WEBHOOK', format: 'json' };
  const on = { 'unit.failed': webhook, 'unit.waits': webhook, 'unit.landed': webhook, 'run.ended': webhook };
  const it = TestProject.make({});
  const agentEnv = path.join(it.outside, 'env');
  it.write({ ...scripted([`env >> ${agentEnv}`, ...agent], { on, limits }), ...units });
  it.write({ 'specs/a.md': spec('A', ['touches: [a.txt]'], [`Yes — check: \`env >> ${agentEnv}; test -f a.txt\``]) });
  it.commit('Units');
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
  expect(readFileSync(agentEnv, 'utf8')).toContain('BACKLOG_UNIT=a');
  const records = it.start(['log', 'a', '--json'], {});
  expect(JSON.stringify([ended, await records.ended])).not.toContain('secret-of-the-team');
  const found = spawnSync('grep', ['-rlaF', 'secret-of-the-team', it.root, it.outside], { encoding: 'utf8' });
  expect([found.status, found.stdout]).toEqual([1, '']);
  expect((await it.backlog('list')).stdout).toContain('blocked  q');
});

/** All notices of a report about hooks. */
const toldOfHooks = (report: Report): string[] => report.notices.filter((text) => /hook|message/.test(text));

test.each<[name: string, hook: string | object, says: RegExp]>([
  [
    'fails',
    'echo first; echo "no network" >&2; exit 3',
    /^The hook "echo first;.*" for unit.landed of a: exit code 3: no network\.$/,
  ],
  ['is killed', 'kill -9 $$', /for unit.landed of a: it was ended by SIGKILL\.$/],
  ['does not exist', './no-such-script', /for unit.landed of a: exit code 127: .*no-such-script.*\.$/],
  [
    'hangs, with a child',
    { command: 'sleep 1000 & sleep 1000', timeout: '300ms' },
    /it took longer than 0.3 s, and was ended\.$/,
  ],
  ['writes without an end', { command: 'yes', timeout: '2s' }, /it took longer than 2 s, and was ended: y\.$/],
  ['reads nothing', 'exec <&-; exit 1', /: exit code 1\.$/],
])('a command that %s is told, and changes nothing else', async (_, hook, says) => {
  const it = project({ 'unit.landed': hook }, fileUnit('a'));
  const ended = await run(it);
  const [notice, ...others] = toldOfHooks(reportOf(ended));
  expect([ended.code, notice, others]).toEqual([0, expect.stringMatching(says), []]);
  expect(ended.stderr).toContain(notice?.slice(0, 60));
  expect(it.landings()).toEqual(['a']);
  expect(stragglers(it)).toEqual([]);
});

test('what fails at the end of a run is told in its report, too', async () => {
  const it = project({ 'run.ended': 'exit 4' }, fileUnit('a'));
  const ended = await run(it);
  const notice = 'The hook "exit 4" for run.ended: exit code 4.';
  expect([ended.code, toldOfHooks(reportOf(ended)), ended.stderr.includes(notice)]).toEqual([0, [notice], true]);
  expect(await it.backlog('report', '--format', 'md')).toMatchObject({
    ...{ code: 0, stdout: expect.stringContaining('exit code 4') as string },
  });
});

test('a command that hangs three times in a row is not called again, and many failures are counted', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const it = project(
    { 'unit.landed': [{ command: 'sleep 1000', timeout: '100ms' }, 'exit 1'] },
    Object.assign({}, ...names.map((name) => fileUnit(name))) as Record<string, string>,
  );
  const notices = toldOfHooks(reportOf(await run(it)));
  expect(
    notices.filter((text) => text.includes('"sleep 1000"')).map((text) => text.split(/: |"sleep 1000"/).at(-1)),
  ).toEqual([
    'it took longer than 0.1 s, and was ended.',
    'it took longer than 0.1 s, and was ended.',
    'it took longer than 0.1 s, and was ended; it is not called again in this run.',
    ' was not called for 2 events.',
  ]);
  expect(notices.filter((text) => text.includes('"exit 1"')).at(-1)).toBe('The hook "exit 1" failed 2 more times.');
});

test('a command is called for one event after another, in their order', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `u${index}`);
  const one =
    'mkdir ../outside/busy || echo overlap >> ../outside/wrong; cat >> ../outside/heard; sleep 0.05; rmdir ../outside/busy';
  const it = project(
    { 'unit.landed': one, 'run.ended': one },
    Object.assign({}, ...names.map((name) => fileUnit(name))) as Record<string, string>,
  );
  expect((await run(it)).code).toBe(0);
  expect(existsSync(path.join(it.outside, 'wrong'))).toBe(false);
  expect(heard(it).map(({ unit }) => unit?.id ?? 'end')).toEqual([...it.landings(), 'end']);
});

test('without consent nothing runs and nothing is sent; a script that changed is asked for again', async () => {
  const { url, got } = await messageService();
  const on = { 'run.ended': ['./notify.sh', { webhook: '$TEAM_WEBHOOK', format: 'json' }] };
  const script = '#!/bin/sh\ncat >> ../outside/heard\n';
  const it = project(on, { ...fileUnit('a'), 'notify.sh': script });
  chmodSync(path.join(it.root, 'notify.sh'), 0o755);
  it.commit('It can be started');
  it.isTrusting = false;
  const env = { TEAM_WEBHOOK: `${url}/x` };
  const started = async (): Promise<Ended> => it.start(['run', 'specs', '--yes', '--allow-unsandboxed'], { env }).ended;
  const refused = await started();
  expect([
    refused.code,
    refused.stderr.includes('"on.run.ended" needs your consent: These commands run as your user'),
  ]).toEqual([2, true]);
  expect(refused.stderr).toContain('It executes notify.sh.');
  expect([got, heard(it)]).toEqual([[], []]);
  const digest = async (): Promise<string> =>
    (JSON.parse((await it.backlog('trust', '--json')).stdout) as { readonly digest: string }).digest;
  await it.backlog('trust', '--digest', await digest());
  expect([(await started()).code, got.length, heard(it).length]).toEqual([0, 1, 1]);
  it.write({ ...fileUnit('b'), 'notify.sh': `${script}curl https://evil.example\n` });
  const changed = await started();
  expect([changed.code, changed.stderr.includes('the file notify.sh changed')]).toEqual([2, true]);
  expect([got.length, heard(it).length]).toEqual([1, 1]);
});

test('a script that changes while the run goes on is not started', async () => {
  const it = TestProject.make({ ...fileUnit('a'), 'tools/notify.sh': 'cat >> ../outside/heard\n' });
  const on = { 'run.started': 'sh tools/notify.sh', 'run.ended': 'sh tools/notify.sh' };
  const steps = [append(path.join(it.root, 'tools/notify.sh'), 'touch ../outside/wrong'), writeFile];
  it.write(scripted(steps, { on, limits }));
  it.commit('Hooks');
  const ended = await run(it);
  expect([ended.code, heard(it).map(({ event }) => event), existsSync(path.join(it.outside, 'wrong'))]).toEqual([
    ...[0, ['run.started'], false],
  ]);
  expect(toldOfHooks(reportOf(ended))).toEqual([
    'The hook "sh tools/notify.sh" for run.ended: tools/notify.sh is not what you agreed to: it changed since ("backlog trust" asks again).',
  ]);
});

test('a message is sent again after a fault, and what was not delivered is told without its address', async () => {
  const good = await messageService(500, [429, { 'retry-after': '0' }]);
  const bad = await messageService(404);
  const secret = 'secret-of-the-team';
  const it = project(
    {
      'run.ended': [
        { webhook: '$GOOD', format: 'slack' },
        { webhook: '$BAD', format: 'discord' },
        { webhook: '$UNSET', format: 'teams' },
        { webhook: '$WRONG', format: 'ntfy' },
      ],
    },
    fileUnit('a'),
  );
  const ended = await run(it, { GOOD: `${good.url}/${secret}`, BAD: `${bad.url}/${secret}`, WRONG: `ftp://${secret}` });
  expect([ended.code, good.got.length, bad.got.length]).toEqual([0, 3, 1]);
  expect(new Set(good.got.map(({ body }) => body)).size).toBe(1);
  expect(toldOfHooks(reportOf(ended))).toEqual([
    'No teams message will be sent: the environment variable UNSET is not set.',
    'No ntfy message will be sent: the value of WRONG is no address that begins with https://.',
    'The discord message to $BAD was not delivered: it answered 404.',
  ]);
  expect(JSON.stringify(ended)).not.toContain(secret);
});

test('a run that is stopped tells its end once', async () => {
  const { url, got } = await messageService();
  const it = project({ 'run.ended': [{ webhook: '$W', format: 'json' }, 'cat >> ../outside/heard'] }, fileUnit('a'), {
    agents: { script: { type: 'command', command: hang } },
  });
  const running = it.start(['run', 'specs'], { env: { W: url } });
  await expect.poll(running.stderr).toContain('wave 1: a');
  running.kill('SIGINT');
  await expect.poll(running.stderr).toContain('Stopping:');
  running.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(got.map(({ body }) => messageSchema.parse(JSON.parse(body)).run.outcome)).toEqual(['interrupted']);
  expect(heard(it).map(({ ended }) => ended?.exitCode)).toEqual([130]);
  expect(stragglers(it)).toEqual([]);
});

test('a limit is told when it is reached, and so is the end that follows', async () => {
  const it = project(
    { 'limit.reached': 'cat >> ../outside/heard', 'run.ended': 'cat >> ../outside/heard' },
    fileUnit('a'),
    { agents: { script: { type: 'command', command: hang } } },
  );
  expect((await run(it, {}, '--max-time', '1s')).code).toBe(3);
  expect(heard(it).map(({ event, what, ended }) => [event, ended?.outcome ?? what])).toEqual([
    ['limit.reached', 'The time limit of this run is reached. The next run continues from here.'],
    ['run.ended', 'cap-reached'],
  ]);
});

test('the limit of a provider, and a budget, are told once, whatever they stop', async () => {
  const three = { ...fileUnit('a'), ...fileUnit('b'), ...fileUnit('c') };
  const on = { 'limit.reached': 'cat >> ../outside/heard' };
  const parked = TestProject.make({ ...scripted(tryLater('the usage limit'), { on }), ...three });
  const dear = TestProject.make({
    ...scripted(writeFile, {
      ...{ on, limits: { budgetUsd: 0.2 } },
      agents: { script: { type: 'command', command: writeFile, costUsd: 0.15 } },
    }),
    ...three,
  });
  expect([(await run(parked, {}, '--max-time', '4s')).code, (await run(dear)).code]).toEqual([4, 3]);
  expect([parked, dear].map((it) => heard(it).map(({ what, command }) => [what, command]))).toEqual([
    [["a provider's limit was reached: the usage limit", 'backlog run --allow-unsandboxed']],
    [['The budget of the run is spent: another order could exceed the cap', 'backlog run --allow-unsandboxed']],
  ]);
});

test.each(['run opened', 'landed', 'run ended', 'report', 'hooks', 'hooks told'])(
  'a run that is killed (%s) is not told later: the next one tells its own end, once',
  async (moment) => {
    const { url, got } = await messageService();
    const it = project(
      { 'unit.landed': { webhook: '$W', format: 'json' }, 'run.ended': { webhook: '$W', format: 'json' } },
      fileUnit('a'),
    );
    const killed = await it.start(['run', 'specs'], { env: { W: url, BACKLOG_FAILPOINT: `${moment}=kill` } }).ended;
    expect(killed.code).toBe(null);
    expect(got.length).toBe(moment === 'hooks told' ? 1 : 0);
    it.write(fileUnit('b'));
    const report = reportOf(await run(it, { W: url }));
    const told = got.slice(moment === 'hooks told' ? 1 : 0).map(({ body }) => messageSchema.parse(JSON.parse(body)));
    expect(told.map(({ run: { id } }) => id)).toEqual([report.run.id]);
  },
);

test.each(['land', 'report', 'ledger'])('a run that could not go on tells it (%s)', async (moment) => {
  const { url, got } = await messageService();
  const it = project({ 'run.ended': [{ webhook: '$W', format: 'json' }, 'cat >> ../outside/heard'] }, fileUnit('a'));
  const ended = await it.start(['run', 'specs'], { env: { W: url, BACKLOG_FAILPOINT: `${moment}=EIO` } }).ended;
  expect([ended.code, got.length]).toEqual([2, 1]);
  const { title, run: of, items } = messageSchema.parse(JSON.parse(got[0]?.body ?? ''));
  expect([title, of.outcome, of.exitCode, items.length]).toEqual(['repo: the run could not go on', 'halted', 2, 1]);
  expect(heard(it).map(({ ended: end }) => end?.outcome)).toEqual(['halted']);
});

test('a dry run, and a run with nothing to do, call no hook', async () => {
  const it = project(
    { 'run.started': 'cat >> ../outside/heard', 'run.ended': 'cat >> ../outside/heard' },
    fileUnit('a'),
  );
  expect((await it.backlog('run', 'specs', '--dry-run')).code).toBe(0);
  expect(heard(it)).toEqual([]);
  expect((await run(it)).code).toBe(0);
  expect((await run(it)).code).toBe(0);
  expect(heard(it).map(({ event }) => event)).toEqual(['run.started', 'run.ended']);
});

test('a gate that fails is told as one, and an approval with what is asked', async () => {
  const it = project(
    Object.fromEntries(['unit.failed', 'gate.failed', 'unit.waits'].map((name) => [name, 'cat >> ../outside/heard'])),
    {
      ...fileUnit('a', ['phase: one']),
      'specs/h.md': spec('H', ['touches: [h.txt]'], ['There — check: `test -f h.txt`', '(human) It reads well']),
    },
    { phases: ['one', 'two'], gates: { one: { checks: ['false'], repairs: 0 } } },
  );
  expect((await run(it)).code).toBe(1);
  const told = heard(it).toSorted((a, b) => (a.event < b.event ? -1 : 1));
  expect(told.map(({ event, unit, command }) => [event, unit?.key, command])).toEqual([
    ['gate.failed', 'gate.one', 'backlog show gate.one'],
    ['unit.waits', 'h', 'backlog review h'],
  ]);
  expect(told[1]).toMatchObject({
    what: 'h: needs your approval: "It reads well"',
    decide: ['H', 'evidence: 1 of 2 criteria met (1 by checks)', '1 attempt, cost unknown'],
  });
});

test('doctor lists the hooks, and tells which address is not set', async () => {
  const it = project({ 'run.ended': ['./notify.sh', { webhook: '$TEAM_WEBHOOK', format: 'slack' }] }, fileUnit('a'));
  const lines = async (env: Record<string, string>): Promise<string[]> =>
    (await it.start(['doctor', 'specs'], { env }).ended).stdout
      .split('\n')
      .filter((line) => line.includes('run.ended'));
  const unset = await lines({});
  expect(unset.map((line) => line.trim().replace(/\s+/g, ' '))).toEqual([
    'ok hook: "./notify.sh" for run.ended',
    'warning hook: slack message to $TEAM_WEBHOOK for run.ended: the environment variable TEAM_WEBHOOK is not set',
  ]);
  const set = await lines({ TEAM_WEBHOOK: 'https://hooks.slack.com/services/secret-of-the-team' });
  expect([set.length, set.join().includes('secret-of-the-team')]).toEqual([2, false]);
});

test.each([
  ['{ "webhook": "https://hooks.slack.com/services/T/B/secret-of-the-team", "format": "slack" }', 'bad-hook'],
  ['{ "webhook": "https://hooks.slack.com/services/T/B/secret-of-the-team", "fromat": "slack" }', 'bad-value'],
  ['"curl -d @- https://hooks.slack.com/services/T/B/secret-of-the-team"', 'bad-hook'],
  ['{ "webhook": "https://me:secret-of-the-team@ci.example.org/x", "format": "json" }', 'bad-hook'],
])('an address that is written out is refused without a word of it: %s', async (hook, code) => {
  const it = TestProject.make({ ...fileUnit('a'), 'specs/backlog.config.json': `{"on": {"run.ended": ${hook}}}` });
  for (const command of ['run', 'check', 'list', 'doctor', 'trust']) {
    const ended = await it.start([command, 'specs']).ended;
    const said = ended.stdout + ended.stderr;
    expect([command, said.includes('specs/backlog.config.json:1:'), said.includes('secret-of-the-team')]).toEqual([
      ...[command, true, false],
    ]);
    if (command === 'run') expect([ended.code, said.includes(`[${code}]`)]).toEqual([2, true]);
  }
});

test('a hook of the end may look, and bring the branch home', async () => {
  const main = path.resolve(import.meta.dirname, '../../dist/main.js');
  const backlog = `${process.execPath} ${main}`;
  const command = `exec > ../outside/said 2>&1; ${backlog} list; ${backlog} report --format json | grep -c .; ${backlog} merge`;
  const it = project({ 'run.ended': { command, timeout: '2m' } }, fileUnit('a'));
  const ended = await run(it);
  expect([ended.code, toldOfHooks(reportOf(ended))]).toEqual([0, []]);
  expect(readFileSync(path.join(it.outside, 'said'), 'utf8')).toMatch(
    /^done {2}a {2}A\n\d+\nMerged backlog\/next into main/,
  );
  expect(it.git('log', '--format=%s', '-1', 'main')).toBe(it.git('log', '--format=%s', '-1', 'backlog/next'));
});

test('who stops a run at its end waits five seconds for its hooks, and no longer', async () => {
  const it = project({ 'run.ended': { command: 'touch ../outside/began; sleep 1000', timeout: '10m' } }, fileUnit('a'));
  const running = it.start(['run', 'specs', '--json']);
  await expect.poll(() => existsSync(path.join(it.outside, 'began'))).toBe(true);
  const began = performance.now();
  running.kill('SIGINT');
  await expect.poll(running.stderr).toContain('Stopping:');
  running.kill('SIGINT');
  const ended = await running.ended;
  expect([ended.code, performance.now() - began < 30_000]).toEqual([0, true]);
  expect(toldOfHooks(reportOf(ended))[0]).toMatch(/ for run.ended: the run could not wait for it any longer\.$/);
  expect(stragglers(it)).toEqual([]);
});
