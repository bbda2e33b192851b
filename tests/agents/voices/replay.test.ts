import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runLoop } from '../../../src/agents/loop/loop.ts';
import { replayVoice } from '../../../src/agents/voices/recording.ts';
import type { Order, Outcome } from '../../../src/model/agent.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

const finish = (summary: string): string =>
  `${JSON.stringify({ content: [{ type: 'tool_use', id: 't1', name: 'finish', input: { summary } }], stop_reason: 'tool_use' })}\n`;

async function play(recordings: Readonly<Record<string, string>>, more: Partial<Order> = {}): Promise<Outcome> {
  const folder = temporaryFolder();
  writeFiles(path.join(folder, 'recordings'), recordings);
  const loop = {
    openVoice: replayVoice(path.join(folder, 'recordings')),
    sessions: path.join(folder, 'sessions'),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    random: () => 0,
  };
  return runLoop(loop, order(folder, more), () => {}, new AbortController().signal);
}

describe('a session speaks the recording of its attempt and session, else the nearest before it', () => {
  const recordings = {
    'u/builder-1.1.jsonl': finish('first'),
    'u/builder-3.1.jsonl': finish('third'),
    'u/builder-3.2.jsonl': finish('again'),
  };
  test.each([
    [1, 1, 'first'],
    [2, 1, 'first'],
    [3, 1, 'third'],
    [3, 2, 'again'],
    [3, 5, 'again'],
    [4, 1, 'third'],
  ])('attempt %i, session %i: %s', async (attemptNumber, sessionNumber, summary) => {
    expect(await play(recordings, { attemptNumber, sessionNumber })).toMatchObject({
      kind: 'finished',
      answer: { summary },
    });
  });
});

test('an agent of the run speaks the recording of its session, in any run', async () => {
  const recordings = { '_run/planner-1.1.jsonl': finish('one'), '_run/planner-1.2.jsonl': finish('two') };
  const more = { name: '20261129-100000-abcd-planner-2', unit: null, attempt: null, role: 'planner' } as const;
  expect(await play(recordings, { ...more, sessionNumber: 2 })).toMatchObject({ answer: { summary: 'two' } });
});

describe('what cannot be played fails the unit, with where and why', () => {
  const detail = async (recordings: Readonly<Record<string, string>>): Promise<string> => {
    const outcome = await play(recordings);
    return outcome.kind === 'failed' && outcome.failure.reason === 'agent-failed'
      ? outcome.failure.detail.replace(/\/tmp\S*recordings/, '<recordings>')
      : outcome.kind;
  };
  test('no recording', async () =>
    expect(await detail({ 'u/reviewer-1.1.jsonl': '' })).toBe('there is no recording of u as builder in <recordings>'));
  test('a recording that ends too early', async () =>
    expect(await detail({ 'u/builder-1.1.jsonl': '' })).toBe('the recording of u has no reply 1 for builder'));
  test('a line that is not JSON', async () =>
    expect(await detail({ 'u/builder-1.1.jsonl': 'hello\n' })).toBe('<recordings>/u/builder-1.1.jsonl:1 is not JSON'));
  test('a line that is no reply', async () =>
    expect(await detail({ 'u/builder-1.1.jsonl': '{}\n' })).toMatch(
      /^<recordings>\/u\/builder-1\.1\.jsonl:1 is not a recorded reply/,
    ));
});

test('what was played cost nothing', async () => {
  expect((await play({ 'u/builder-1.1.jsonl': finish('x') })).usage).toEqual({
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    calls: 1,
    toolCalls: 1,
    possibleMicroUsd: 0,
    notionalMicroUsd: 0,
    costMicroUsd: 0,
  });
});
