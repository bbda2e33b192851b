import { describe, expect, test } from 'vitest';
import { fails, modelServer, reply } from '../support/model-server.ts';
import { fail, onUnit, script } from '../support/agent-script.ts';
import { fileUnit as unit, scripted, spec, statesOf, TestProject, writeFile } from '../support/project.ts';

/** A command whose attempts cost a dollar each. */
const priced = (command: string, limits: object, more: object = {}): Record<string, string> =>
  scripted(command, { agents: { script: { type: 'command', command, costUsd: 1 } }, limits, ...more });

describe('money', () => {
  test('the cap of a run stops what is not started yet: what is verified has landed, the rest stays ready', async () => {
    const project = TestProject.make({
      ...priced(writeFile, { budgetUsd: 2.5 }),
      ...unit('a'),
      ...unit('b'),
      ...unit('c'),
    });
    const report = await project.run(3);
    expect([project.landings().length, report.totals.costUsd]).toEqual([2, 2]);
    expect(Object.values(statesOf(report)).toSorted()).toEqual(['done', 'done', 'ready']);
  });

  test('ten at once do not overrun it', async () => {
    const units = Object.assign({}, ...Array.from({ length: 10 }, (_, i) => unit(`u${i}`))) as Record<string, string>;
    const project = TestProject.make({ ...priced(writeFile, { budgetUsd: 4 }), ...units });
    const report = await project.run(3);
    expect([project.landings().length, report.totals.costUsd]).toEqual([4, 4]);
  });

  test('the cap of a day holds for all runs of that day', async () => {
    const project = TestProject.make({ ...priced(writeFile, { dayBudgetUsd: 1.5 }), ...unit('a'), ...unit('b') });
    await project.run(3);
    expect((await project.run(3)).totals.costUsd).toBe(0);
    expect(project.landings().length).toBe(1);
  });

  test('a unit that takes all that one may take ends, and the others go on', async () => {
    const command = script(onUnit('a', fail()), writeFile);
    const project = TestProject.make({ ...priced(command, { unitBudgetUsd: 1.5 }), ...unit('a'), ...unit('b') });
    expect(statesOf(await project.run(1))).toEqual({ a: 'failed: budget-spent', b: 'done' });
  });

  test('the cap of a role holds for that role', async () => {
    const project = TestProject.make({
      ...priced(writeFile, { roleBudgetsUsd: { builder: 1 } }),
      ...unit('a'),
      ...unit('b'),
    });
    await project.run(3, '--max-agents', '1');
    expect(project.landings().length).toBe(1);
  });

  test('money for judging is kept before anybody builds', async () => {
    const project = TestProject.make({
      ...priced(writeFile, { budgetUsd: 1.5 }),
      'specs/a.md': spec('A', ['touches: [a.txt]'], ['It reads well']),
    });
    const report = await project.run(3);
    expect([statesOf(report), report.totals.costUsd]).toEqual([{ a: 'ready' }, 0]);
    expect((await project.backlog('list')).stdout).toContain('must be reserved for judging a, but less is left');
  });

  test('a unit that costs and gets nowhere ends, before its attempts are used up', async () => {
    const project = TestProject.make({ ...priced('true', { stallUsd: 1.5, attempts: 9 }), ...unit('a') });
    const report = await project.run(1);
    expect([statesOf(report), report.totals.costUsd, report.units[0]?.failure?.sentence]).toEqual([
      { a: 'failed: no-progress' },
      2,
      '$2.00 was spent without a newly met criterion: the limit is $1.50 ("stallUsd")',
    ]);
  });

  test('an agent whose cost is not known does not start under a cap, unless it may go uncounted', async () => {
    const project = TestProject.make({ ...scripted(writeFile), ...unit('a') });
    expect(await project.backlog('run', 'specs', '--budget', '1')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: a cap is set, but the cost of the agent "script" is unknown [unknown-cost]\n' +
        '  Set "costUsd" for it (an assumed price per attempt), or pass --unmetered to run it uncounted.\n',
    });
    await project.run(0, '--budget', '1', '--unmetered');
  });

  test('what a subscription pays is told as notional, and counts for no cap', async () => {
    const agents = { script: { type: 'command', command: writeFile, costUsd: 1, subscription: true } };
    const project = TestProject.make({
      ...scripted(writeFile, { agents, limits: { budgetUsd: 0.5 } }),
      ...unit('a'),
      ...unit('b'),
    });
    const report = await project.run(0);
    expect([report.totals.costUsd, report.totals.notionalUsd]).toEqual([0, 2]);
  });
});

describe('limits of a provider', () => {
  const at = (url: string): Record<string, string> => ({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'claude',
      agents: { claude: { type: 'anthropic', baseUrl: url, apiKeyEnv: 'TEST_KEY', maxTokens: 2048 } },
      sandbox: { tier: 'none' },
      review: 'off',
    }),
  });
  const env = { TEST_KEY: 'sk-dummy-1234' };

  test('a limit of the whole pool: nobody else is started, no attempt is burnt, and the end says when to come back', async () => {
    const server = await modelServer([
      fails(429, 'rate_limit_error', 'Usage limit', { 'retry-after': '3600.1234567' }),
    ]);
    const project = TestProject.make({ ...at(server.url), ...unit('a'), ...unit('b', ['depends: []']), ...unit('c') });
    const ended = await project.start(['run', 'specs', '--max-agents', '1'], { env }).ended;
    expect([ended.code, server.asked.length]).toEqual([4, 1]);
    expect(ended.stdout).toMatch(/The provider accepts calls again at .*; run again then\./);
    const { units } = JSON.parse((await project.backlog('list', '--json')).stdout) as {
      units: { state: string; attempts: number; fence: number }[];
    };
    expect(units.map((one) => [one.state, one.attempts, one.fence])).toEqual([
      ['parked', 0, 1],
      ['ready', 0, 0],
      ['ready', 0, 0],
    ]);
  });

  test('a refusal that passes soon is waited for by all', async () => {
    const finish = (name: string): ReturnType<typeof reply> =>
      reply([
        { type: 'tool_use', name: 'write', input: { path: `${name}.txt`, content: 'x\n' } },
        { type: 'tool_use', name: 'finish', input: { summary: 'Done.' } },
      ]);
    const server = await modelServer([fails(429, 'rate_limit_error', 'Slow', { 'retry-after': '1' }), finish('a')]);
    const project = TestProject.make({ ...at(server.url), ...unit('a') });
    const ended = await project.start(['run', 'specs'], { env }).ended;
    expect([ended.code, server.asked.length]).toEqual([0, 2]);
  });
});
