import { rmSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type Answer, fails, modelServer, reply, usage } from '../support/model-server.ts';
import { blocked, onUnit, script, touch, unlessBriefSays, waitFor } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, statesOf, TestProject, writeFile } from '../support/project.ts';

/*
 * What is kept when a run ends: work that was paid for, what people said, and what showed that a unit was done.
 */

const run = (command: string): Answer => reply([{ type: 'tool_use', name: 'bash', input: { command } }]);
const finish = (used = usage): Answer =>
  reply([{ type: 'tool_use', name: 'finish', input: { summary: 'Done.' } }], 'tool_use', used);
/** An answer that never comes. */
const silence: Answer = () => {};
/** What whoever goes on with half of the work has to do. */
const goOn = [run('test -f half.txt && echo yes > done.txt'), finish()];

describe('work that is being repaired survives', () => {
  test.each<{
    readonly what: string;
    /** The answer to its first call, and what the call before it took. */
    readonly answer: Answer;
    readonly used?: typeof usage;
    readonly args?: readonly string[];
    readonly end?: readonly NodeJS.Signals[];
    readonly code: number | null;
    readonly attempts: number;
  }>([
    { what: 'kill -9', answer: silence, end: ['SIGKILL'], code: null, attempts: 0 },
    { what: 'two signals', answer: silence, end: ['SIGINT', 'SIGTERM'], code: 130, attempts: 0 },
    {
      what: 'a limit of the provider',
      answer: fails(429, 'rate_limit_error', 'Usage limit', { 'retry-after': '3600' }),
      code: 4,
      attempts: 0,
    },
    {
      what: 'a spent budget',
      answer: silence,
      used: { ...usage, input_tokens: 50_000_000 },
      args: ['--budget', '20'],
      code: 3,
      attempts: 0,
    },
  ])('$what', async ({ answer, used, args = [], end = [], code, attempts }) => {
    const isAsked = used === undefined;
    const server = await modelServer([run('echo yes > half.txt'), finish(used), ...(isAsked ? [answer] : []), ...goOn]);
    const agents = { model: { type: 'anthropic', model: 'claude-haiku-4-5', baseUrl: server.url } };
    const config = { agent: 'model', agents, review: 'off', recipe: 'build', map: 'off' };
    const project = TestProject.make({
      ...scripted('', config),
      'specs/a.md': spec('A', ['touches: ["*.txt"]'], ['Yes — check: `test -f half.txt && test -f done.txt`']),
    });
    const env = { ANTHROPIC_API_KEY: 'sk-test-0123456789' };
    const first = project.start(['run', 'specs', ...args], { env });
    if (end.length > 0) {
      await expect.poll(() => server.asked.length, { timeout: 60_000 }).toBe(3);
      for (const [index, signal] of end.entries()) {
        if (index > 0) await expect.poll(first.stderr).toContain('Stopping: ');
        first.kill(signal);
      }
    }
    expect((await first.ended).code).toBe(code);
    const sqlite = new Sqlite(path.join(project.state, 'backlog.db'));
    // The hour is over.
    sqlite.prepare("update units set state = 'ready', parked_until = null where state = 'parked'").run();
    const row = sqlite.prepare('select attempts from units').get() as { readonly attempts: number };
    sqlite.close();
    expect(row.attempts).toBe(attempts);
    const again = await project.start(['run', 'specs', '--json'], { env }).ended;
    expect([again.code, project.landings(), project.landed('done.txt')]).toEqual([0, ['a'], 'yes']);
    const brief = JSON.stringify(server.asked.at(-2)?.body.messages[0]);
    expect(brief).toContain('The work in the workspace was judged, and its repair was interrupted.');
  });

  test('an agent that fails: the next attempt goes on from it', async () => {
    const server = await modelServer([
      ...[run('echo yes > half.txt'), finish(), fails(400, 'invalid_request_error', 'no')],
      ...goOn,
    ]);
    const agents = { model: { type: 'anthropic', model: 'claude-haiku-4-5', baseUrl: server.url } };
    const project = TestProject.make({
      ...scripted('', { agent: 'model', agents, review: 'off', recipe: 'build', map: 'off' }),
      'specs/a.md': spec('A', ['touches: ["*.txt"]'], ['Yes — check: `test -f half.txt && test -f done.txt`']),
    });
    const ended = await project.start(['run', 'specs'], { env: { ANTHROPIC_API_KEY: 'sk-test-0123456789' } }).ended;
    expect([ended.code, project.landings()]).toEqual([0, ['a']]);
  });
});

test('what a person says while a run ends is done by whoever holds the lock next', async () => {
  const project = TestProject.make({
    ...scripted([onUnit('c', unlessBriefSays('use port 80', blocked())), writeFile]),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['Yes — check: `test -f a.txt`', '(human) It is nice']),
    ...fileUnit('b'),
    ...fileUnit('c'),
  });
  await project.run(1);
  // Left behind by a process that asked a run, and by a run that was gone before it heard.
  const sqlite = new Sqlite(path.join(project.state, 'backlog.db'));
  const leave = sqlite.prepare(
    "insert into requests (verb, unit, arguments, requested_by, requested_at) values (?, ?, ?, 'ada', 1)",
  );
  leave.run('approve', 'a', JSON.stringify({ message: 'I looked at it.', digest: null }));
  leave.run('tell', 'b', JSON.stringify({ message: 'Hurry.', digest: null }));
  leave.run('unblock', 'c', JSON.stringify({ message: 'use port 80', digest: null }));
  sqlite.close();
  // A run that would have nothing to do hears it, too.
  expect(statesOf(await project.run(0))).toEqual({ a: 'done', b: 'done', c: 'done' });
  expect((await project.backlog('log', 'b')).stdout).toContain('tell, asked by ada: no agent is working on b');
});

test('with a lost queue the evidence is shown as what git kept of it, and nothing is judged by it', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
  await project.run(0);
  const commit = project.git('rev-parse', '--short=10', 'backlog/next');
  rmSync(project.state, { recursive: true });
  const show = await project.backlog('show', 'a');
  const shown = show.stdout.slice(show.stdout.indexOf('Restored')).replaceAll(/\d+ ms/g, '0 ms');
  const when = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
  const where = /by run \S+,/;
  expect(shown.replace(when, 'then').replace(where, 'by run r,')).toBe(
    [
      'Restored from git (refs/backlog/landings), for information only:',
      `then  landed as ${commit} by run r, attempt a.1`,
      '  check: Yes — check: `test -f a.txt` (met, proof)',
      '      before: exit 1, 0 ms',
      '      now: exit 0, 0 ms',
      '      no canary: unknown test runner',
      '',
    ].join('\n'),
  );
  expect((await project.backlog('log', 'a')).stdout).toContain('(met, proof)');
  project.write(fileUnit('b'));
  const report = await project.run(0);
  expect(report.units.map(({ id, isRestored, criteria }) => [id, isRestored, criteria[0]?.verdict])).toEqual([
    ['a', true, 'met'],
    ['b', false, 'met'],
  ]);
  const sqlite = new Sqlite(path.join(project.state, 'backlog.db'), { readonly: true });
  const rows = sqlite.prepare("select unit from events where type = 'criterion-judged' group by unit").all();
  sqlite.close();
  expect(rows).toEqual([{ unit: 'b' }]);
});

test('a unit that joins a run with an agent of its own is worked on; one whose agent cannot be had stands still', async () => {
  const project = TestProject.make({});
  const go = path.join(project.outside, 'go');
  const agents = {
    script: { type: 'command', command: script(onUnit('a', waitFor(go)), writeFile) },
    other: { type: 'command', command: script(writeFile, touch(go)) },
    paid: { type: 'anthropic', apiKeyEnv: 'NO_SUCH_KEY' },
  };
  project.write({ ...scripted('', { agents }), ...fileUnit('a') });
  project.commit('Specs');
  const running = project.start(['run', 'specs']);
  await expect.poll(running.stderr, { timeout: 60_000 }).toContain('wave 1: a');
  project.write({ ...fileUnit('b', ['agent: paid']), ...fileUnit('c', ['agent: other']) });
  await project.backlog('add', 'Something', '--check', 'true');
  const ended = await running.ended;
  expect([ended.code, ended.stderr.match(/^b stands still.*$/m)?.[0], project.landings().toSorted()]).toEqual([
    2,
    'b stands still: the agent "paid" needs an API key in NO_SUCH_KEY. Set NO_SUCH_KEY, or pick another agent with --agent.',
    ['a', 'c'],
  ]);
});
