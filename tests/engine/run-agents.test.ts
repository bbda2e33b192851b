import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { SessionRow } from '../../src/queue/sessions.ts';
import { reply, stalledStream } from '../support/model-server.ts';
import { fileUnit, scripted, TestProject } from '../support/project.ts';
import { openModel } from '../support/scripted-model.ts';

test('a run creates agents of its own, tells them something, lends them tools, reads and ends them', async () => {
  const model = await openModel((body) => {
    const said = JSON.stringify(body.messages);
    if (said.includes('"Wait."')) return stalledStream;
    const isAsked = said.includes('It is 42.');
    return isAsked
      ? reply([{ type: 'tool_use', name: 'finish', input: { summary: 'It is 42.' } }])
      : reply([
          { type: 'text', text: 'I count.' },
          { type: 'tool_use', name: 'count', input: { from: 41 } },
        ]);
  });
  const it = TestProject.make({});
  const out = path.join(it.outside, 'told');
  it.program = [path.resolve(import.meta.dirname, '../support/own-agents.ts')];
  it.write({
    ...scripted(`while [ ! -e '${out}' ]; do sleep 0.1; done; echo a > a.txt`),
    ...fileUnit('a'),
  });
  it.commit('Specs');
  const env = { ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: model.url, BACKLOG_TEST_OUT: out };
  const ended = await it.start(['run', 'specs', '--json', '--yes'], { env }).ended;
  expect([ended.code, JSON.parse(readFileSync(out, 'utf8'))]).toEqual([
    0,
    {
      first: 'run-planner-1',
      isTold: true,
      outcome: {
        kind: 'finished',
        answer: { summary: 'It is 42.' },
        followups: [],
        session: 'run-planner-1.jsonl',
        harvested: null,
      },
      lastWord: 'I count.',
      second: 'run-planner-2',
      before: { lastWord: null, outcome: null },
      isEnded: true,
      after: [false, false, { lastWord: null, outcome: { kind: 'stopped' } }, null],
      refused: 'InputError: the agent "script" does not support tools offered with an order',
    },
  ]);
  expect(JSON.stringify(model.asked[1]?.body.messages)).toContain('A person says: Hurry.');
  const listed = JSON.parse((await it.backlog('agents', 'specs', '--all', '--json')).stdout) as {
    agents: readonly SessionRow[];
  };
  expect(listed.agents.map(({ name, unit, attempt, outcome }) => ({ name, unit, attempt, outcome }))).toEqual(
    expect.arrayContaining([
      { name: 'run-planner-1', unit: null, attempt: null, outcome: 'finished' },
      { name: 'run-planner-2', unit: null, attempt: null, outcome: 'stopped' },
    ]),
  );
  const told = (await it.backlog('agents', 'tail', 'run-planner-1', '-s', 'specs')).stdout;
  expect(told.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '')).toBe(
    'run-planner-1: planner: I count.\nrun-planner-1: count {"from":41}\nrun-planner-1: finish\n',
  );
  const refusal = await it.backlog('agents', 'tell', 'run-planner-1', 'x', '-s', 'specs');
  expect(refusal.code).toBe(2);
});
