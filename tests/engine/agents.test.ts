import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { type Answer, modelServer, reply } from '../support/model-server.ts';
import { hang } from '../support/agent-script.ts';
import { fileUnit, scripted, statesOf, TestProject } from '../support/project.ts';

/** An answer that comes when it is let. */
function held(answer: Answer): { readonly answer: Answer; readonly letGo: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { answer: (response) => void promise.then(() => answer(response)), letGo: resolve };
}

interface Listed {
  readonly name: string;
  readonly endedAt: number | null;
  readonly contextTokens: number | null;
  readonly contextWindow: number | null;
  readonly filesWritten: readonly string[];
  readonly lastWord: string | null;
  readonly usage: { readonly costUsd: number | null; readonly calls: number };
  readonly orientationUsd: number | null;
}

const list = async (it: TestProject, ...more: readonly string[]): Promise<Listed[]> =>
  (JSON.parse((await it.backlog('agents', '-s', 'specs', '--json', ...more)).stdout) as { agents: Listed[] }).agents;

test('agents at work can be seen, told something, followed, and forgotten', async () => {
  const second = held(reply([{ type: 'tool_use', name: 'bash', input: { command: 'true' } }]));
  const server = await modelServer([
    reply([
      { type: 'text', text: 'I write it.' },
      { type: 'tool_use', name: 'write', input: { path: 'u.txt', content: 'x' } },
    ]),
    second.answer,
    reply([{ type: 'tool_use', name: 'finish', input: { summary: 'Done.' } }]),
  ]);
  const it = TestProject.make({
    'specs/backlog.config.json': JSON.stringify({
      agents: { anthropic: { type: 'anthropic', baseUrl: server.url } },
      review: 'off',
      sandbox: { tier: 'none' },
    }),
    ...fileUnit('u'),
  });
  const running = it.start(['run', 'specs', '--agent', 'anthropic', '--yes', '--json'], {
    env: { ANTHROPIC_API_KEY: 'sk-dummy' },
  });
  await expect.poll(async () => (await list(it))[0]?.filesWritten).toEqual(['u.txt']);
  const cost = (400 + 200 + 5000 + 400) / 1_000_000;
  expect(await list(it)).toMatchObject([
    {
      name: 'u.1-builder',
      endedAt: null,
      contextTokens: 3110,
      contextWindow: 1_000_000,
      filesWritten: ['u.txt'],
      lastWord: 'I write it.',
      usage: { costUsd: cost, calls: 1 },
      orientationUsd: cost,
    },
  ]);
  expect(await it.backlog('agents', 'tell', 'u.2-builder', 'hello', '-s', 'specs')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: there is no agent "u.2-builder" [unknown-agent]\n  Did you mean "u.1-builder"?\n',
  });
  expect((await it.backlog('agents', 'tell', 'u.1-builder', 'Use tabs.', '-s', 'specs')).stdout).toBe(
    'the agent of u gets the message at its next turn\n',
  );
  const tail = it.start(['agents', 'tail', 'u.1-builder', '-s', 'specs']).ended;
  second.letGo();
  const ended = await running.ended;
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ u: 'done' });
  expect(server.asked[2]?.body.messages.at(-1)?.content).toMatchObject([
    { type: 'tool_result' },
    { type: 'text', text: 'A person says: Use tabs.' },
  ]);
  expect((await tail).stdout.replaceAll(/^\d\d:\d\d:\d\d/gm, 'TIME')).toMatch(
    /^TIME {2}u: attempt u\.1 as builder\nTIME {2}u: builder: I write it\.\nTIME {2}u: write u\.txt\n/,
  );
  expect((await it.backlog('agents', '-s', 'specs')).stdout).toBe('No agent is active.\n');
  expect((await it.backlog('agents', 'show', 'u.1-builder', '-s', 'specs')).stdout.replace(/\d+ s,/, 'N s,')).toBe(
    'u.1-builder: anthropic claude-opus-5-5 · finished · N s, 3k of 1000k · $0.02 · I write it.\n' +
      '  wrote   u.txt\n' +
      '  tokens  300 in, 6000 from the cache, 3000 written to it, 30 out; 3 calls, 3 tool calls\n',
  );
  const runs = path.join(it.state, 'runs');
  const sessions = path.join(runs, readdirSync(runs)[0] ?? '', 'sessions');
  expect(readdirSync(sessions)).toEqual(['u.1-builder.jsonl']);
  expect((await it.backlog('agents', 'rm', '--all', '-s', 'specs')).stdout).toBe(
    'Removed 1 agent from the list; the cost stays counted.\n',
  );
  expect((await it.backlog('costs', 'specs')).stdout.replace(/run \S+:/, 'run ID:')).toBe(
    [
      'run ID: $0.02 for 1 order, 3 calls',
      '  exploration $0.01, repairs $0.00, reviews $0.00',
      '  tokens: 300 in, 3000 written to the cache, 6000 read from it, 30 out; 65 % of the prompts came from the cache',
      '  at most 1 in parallel, 1.0 on average',
      '  builder  $0.02  1 order',
      '',
      'u  $0.02  1 met, $0.02 each',
      '',
    ].join('\n'),
  );
  expect([await list(it, '--all'), existsSync(sessions) ? readdirSync(sessions) : []]).toEqual([[], []]);
});

test('an agent that is stopped leaves its unit paused', async () => {
  const it = TestProject.make({ ...scripted(hang), ...fileUnit('u') });
  const running = it.start(['run', 'specs', '--json']);
  await expect.poll(async () => (await list(it)).map(({ name }) => name)).toEqual(['u.1-builder']);
  expect((await it.backlog('agents', 'tell', 'u.1-builder', 'hello', '-s', 'specs')).stderr).toBe(
    'error: the agent of u cannot receive messages while it works [agent-hears-nothing]\n  To have the next one know it: "backlog agents stop <name>", then change the spec of u.\n',
  );
  expect((await it.backlog('agents', 'stop', 'u.1-builder', '-s', 'specs')).stdout).toBe(
    'the agent of u is being stopped, and the unit is paused: "backlog resume u" continues it\n',
  );
  const report = JSON.parse((await running.ended).stdout) as Report;
  expect(report.units.map(({ state, why }) => [state, why])).toEqual([['ready', 'its agent was stopped']]);
});
