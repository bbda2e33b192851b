import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { answer, asRole, copy, exceptAs, fail, script } from '../support/agent-script.ts';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

const foreign = 'Both doors open.\n\n<script>alert(1)</script> [x](javascript:1) \u001b[31m';

const made = (writes: string, more: object = {}): TestProject => {
  const command = script(asRole('synthesizer', writes), exceptAs('synthesizer', writeFile));
  return TestProject.make({
    ...scripted('', { agents: { script: { type: 'command', command, costUsd: 0.5 } }, synthesis: 'model', ...more }),
    ...fileUnit('a'),
    ...fileUnit('b'),
  });
};

test('a model adds an account of the run, which is marked as its words and costs like any work', async () => {
  const it = TestProject.make({});
  const brief = path.join(it.outside, 'brief');
  const command = script(
    asRole('synthesizer', copy('$BACKLOG_BRIEF', brief), answer(foreign)),
    exceptAs('synthesizer', writeFile),
  );
  it.write({
    ...scripted('', { agents: { script: { type: 'command', command, costUsd: 0.5 } }, synthesis: 'model' }),
    ...fileUnit('a'),
    ...fileUnit('b'),
  });
  it.commit('Specs');
  const ended = await it.backlog('run');
  expect([ended.code, it.landings().length]).toEqual([0, 2]);
  expect(ended.stdout).toContain(
    'script writes (a model; figures and verdicts are above):\n  | Both doors open.\n  |\n  | <script>alert(1)</script> [x](javascript:1)\n',
  );
  const report = JSON.parse((await it.backlog('report', '--json')).stdout) as Awaited<ReturnType<TestProject['run']>>;
  expect([report.account, report.totals.costUsd]).toEqual([
    { agent: 'script', text: 'Both doors open.\n\n<script>alert(1)</script> [x](javascript:1)' },
    1.5,
  ]);
  expect((await it.backlog('report')).stdout).toContain(
    '## Account of a model\n\nWritten by `script`; figures and verdicts are above.\n\n```text\nBoth doors open.\n',
  );
  expect((await it.backlog('report', '--format', 'html')).stdout).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(readFileSync(brief, 'utf8')).toMatch(
    /<data-\w+ name="facts">\n\{\n "branch": "backlog\/next",[^]*"unit": "a"/,
  );
});

test.each<[what: string, writes: string, more: object, why: RegExp]>([
  [
    'an agent that fails',
    fail(3, 'no words'),
    {},
    /script did not write one \(The agent failed \(crashed\): .*no words/,
  ],
  ['an empty answer', answer('  '), {}, /its answer is empty|ended without/],
  ['an agent that is not there', '', { roles: { synthesizer: { agent: 'gone' } } }, /gone did not write one/],
  ['a cap that is reached', answer('x'), { limits: { budgetUsd: 1 } }, /script did not write one/],
])('%s costs no verdict: the account stays the plain one, and says why', async (_, writes, more, why) => {
  const it = made(script(writes), more);
  if ('roles' in more) {
    const config = JSON.parse(it.read('specs/backlog.config.json')) as { agents: Record<string, object> };
    config.agents['gone'] = { type: 'command', command: 'no-such-agent' };
    it.write({ 'specs/backlog.config.json': JSON.stringify(config) });
    it.commit('Gone');
  }
  const ended = await it.backlog('run', '--json');
  expect([ended.code, it.landings().length]).toEqual([0, 2]);
  expect(ended.stderr).toMatch(why);
  expect((JSON.parse(ended.stdout) as { account: unknown }).account).toBeNull();
});

test('a prompt of the project describes the role, by its text', async () => {
  const it = TestProject.make({});
  const brief = path.join(it.outside, 'brief');
  const command = script(
    asRole('synthesizer', copy('$BACKLOG_BRIEF', brief), answer('Well.')),
    exceptAs('synthesizer', writeFile),
  );
  it.write({
    ...scripted('', {
      agents: { script: { type: 'command', command, costUsd: 0 } },
      ...{ synthesis: 'model', roles: { synthesizer: { prompt: '../voice.md' } } },
    }),
    'voice.md': 'Write like a friend.\n',
    ...fileUnit('a'),
  });
  it.commit('Specs');
  await it.run(0);
  const told = readFileSync(brief, 'utf8');
  expect([told.includes('Write like a friend.'), told.includes('voice.md')]).toEqual([true, false]);
});

test('a run that did nothing pays for no account', async () => {
  const it = made(answer('x'));
  await it.run(0);
  const again = await it.backlog('run');
  expect(again.stdout).toMatch(/^Nothing to do/);
});
