import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import type { Costs } from '../../src/engine/verbs/looking/costs.ts';
import type { SessionRow } from '../../src/queue/sessions.ts';
import { reply, stalledStream } from '../support/model-server.ts';
import { waitFor, write } from '../support/agent-script.ts';
import { fileUnit, scripted, TestProject } from '../support/project.ts';
import { openModel } from '../support/scripted-model.ts';

interface OwnAgents {
  readonly it: TestProject;
  readonly model: Awaited<ReturnType<typeof openModel>>;
  readonly ended: { readonly code: number | null; readonly stdout: string; readonly stderr: string };
  /** What became of the agents. */
  readonly told: unknown;
  /** The run's own agents by name, and what they are recorded with. */
  readonly sessions: readonly SessionRow[];
}

/** A run with agents of its own; its unit is done once these have done what they do. */
async function runWithAgents(act: 'converse' | 'slip', ...more: readonly string[]): Promise<OwnAgents> {
  const model = await openModel((body) => {
    const said = JSON.stringify(body.messages);
    if (said.includes('"Wait."')) return stalledStream;
    const called = /Call (\w+)\./.exec(said)?.[1];
    if (called !== undefined) return reply([{ type: 'tool_use', name: called, input: {} }]);
    return said.includes('It is 42.')
      ? reply([{ type: 'tool_use', name: 'finish', input: { summary: 'It is 42.' } }])
      : reply([
          { type: 'text', text: 'I count.' },
          { type: 'tool_use', name: 'count', input: { from: 41 } },
        ]);
  });
  const it = TestProject.make({});
  const out = path.join(it.outside, 'told');
  it.program = [path.resolve(import.meta.dirname, '../support/own-agents.ts')];
  it.write({ ...scripted([waitFor(out), write('a.txt', 'a')]), ...fileUnit('a') });
  const config = JSON.parse(it.read('specs/backlog.config.json')) as { agents: { script: object } };
  config.agents.script = { ...config.agents.script, costUsd: 0.1 };
  it.write({ 'specs/backlog.config.json': JSON.stringify(config) });
  it.commit('Specs');
  const env = { ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: model.url, BACKLOG_TEST_OUT: out };
  const args = ['run', 'specs', '--json', '--yes', ...more];
  const ended = await it.start(args, { env: { ...env, BACKLOG_TEST_ACT: act }, mayBreak: act === 'slip' }).ended;
  const listed = JSON.parse((await it.backlog('agents', 'specs', '--all', '--json')).stdout) as {
    agents: readonly SessionRow[];
  };
  const sessions = listed.agents.filter(({ unit }) => unit === null).toReversed();
  return { it, model, ended, told: JSON.parse(readFileSync(out, 'utf8')), sessions };
}

const endOf = ({ name, attempt, outcome, endedAt }: SessionRow): unknown => [name, attempt, outcome, endedAt !== null];

test('a run creates agents of its own, tells them something, lends them tools, reads and ends them', async () => {
  const { it, model, ended, told, sessions } = await runWithAgents('converse');
  const report = JSON.parse(ended.stdout) as Report;
  const first = `${report.run.id}-planner`;
  expect([ended.code, told]).toEqual([
    0,
    {
      first,
      isTold: true,
      outcome: {
        kind: 'finished',
        answer: { summary: 'It is 42.' },
        followups: [],
        session: `${first}.jsonl`,
        harvested: null,
      },
      lastWord: 'I count.',
      second: `${first}-2`,
      before: { lastWord: null, outcome: null },
      isEnded: true,
      after: [false, false, { lastWord: null, outcome: { kind: 'stopped' } }, null],
      refused: 'InputError: the agent "script" does not support tools offered with an order',
    },
  ]);
  expect(JSON.stringify(model.asked[1]?.body.messages)).toContain('A person says: Hurry.');
  expect(sessions.map(endOf)).toEqual([
    [first, null, 'finished', true],
    [`${first}-2`, null, 'stopped', true],
    [`${first}-3`, null, 'stopped', true], // left by whoever created it
  ]);
  const said = (await it.backlog('agents', 'tail', first, '-s', 'specs')).stdout;
  expect(said.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '')).toBe(
    `${first}: planner: I count.\n${first}: count {"from":41}\n${first}: finish\n`,
  );
  expect((await it.backlog('agents', 'tell', first, 'x', '-s', 'specs')).code).toBe(2);
  const costs = async (...of: readonly string[]): Promise<Costs> =>
    JSON.parse((await it.backlog('costs', 'specs', '--json', ...of)).stdout) as Costs;
  const ofRun = await costs();
  const { costUsd, inputTokens } = report.totals;
  expect(costUsd).toBeGreaterThan(0.1);
  expect([ofRun.usd, ofRun.tokens.input, ofRun.orders]).toEqual([costUsd, inputTokens, 4]);
  const started = new Date(report.run.startedAt);
  const month = `${started.getFullYear()}-${String(started.getMonth() + 1).padStart(2, '0')}`;
  expect(await costs('--month', month)).toEqual({ ...ofRun, of: `month ${month}` });
});

test('an error that ends the run ends agents that wait in a tool', async () => {
  const { ended, told, sessions } = await runWithAgents('slip');
  const [waiting, slipped] = sessions;
  expect([ended.code, told]).toEqual([70, { name: slipped?.name, outcome: { kind: 'stopped' } }]);
  expect(ended.stderr).toContain('a slip');
  expect(waiting && endOf(waiting)).toEqual([waiting?.name, null, 'stopped', true]);
});
