import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { commandAgent } from '../../../src/agents/programs/command.ts';
import type { Order, Outcome } from '../../../src/model/agent.ts';
import type { Charge } from '../../../src/model/money.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

async function work(
  command: string,
  more: Partial<Order> = {},
  costUsd: number | null = null,
): Promise<{ readonly outcome: Outcome; readonly workspace: string }> {
  const agent = commandAgent({
    isSubscription: false,
    api: null,
    exposed: [],
    name: 'script',
    command,
    costUsd,
    clock: { now: () => 1000, sleep: () => Promise.resolve() },
  });
  const given = order(temporaryFolder(), more);
  return { outcome: await agent.work(given, () => {}, new AbortController().signal), workspace: given.workspace.path };
}

const usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 1,
  toolCalls: 0,
  possibleMicroUsd: 0,
  notionalMicroUsd: 0,
  costMicroUsd: null,
};

test('it runs in the workspace, with the brief on standard input and in a file, and its part of the environment', async () => {
  const { outcome, workspace } = await work(
    'cat > in.txt; cat "$BACKLOG_BRIEF" > file.txt; echo "$BACKLOG_UNIT $BACKLOG_ROLE $BACKLOG_ATTEMPT" > env.txt; echo all good',
  );
  expect(outcome).toEqual({ kind: 'finished', answer: { summary: 'all good' }, followups: [], usage, session: null });
  const read = (file: string): string => readFileSync(path.join(workspace, file), 'utf8');
  expect([read('in.txt'), read('file.txt'), read('env.txt')]).toEqual([
    'How to work.\n\nDo it.',
    'How to work.\n\nDo it.',
    'u builder 1\n',
  ]);
});

test('its environment holds nothing of ours', async () => {
  process.env['CANARY_SECRET'] = 'sk-canary';
  const { workspace } = await work('env > env.txt');
  delete process.env['CANARY_SECRET'];
  const names = readFileSync(path.join(workspace, 'env.txt'), 'utf8')
    .match(/^\w+(?==)/gm)
    ?.toSorted();
  expect(names?.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))).toEqual([
    ...[
      'BACKLOG_ANSWER',
      'BACKLOG_ATTEMPT',
      'BACKLOG_BOX',
      'BACKLOG_BRIEF',
      'BACKLOG_OUTBOX',
      'BACKLOG_ROLE',
      'BACKLOG_UNIT',
    ],
    ...['HOME', 'LANG', 'NO_COLOR', 'PATH', 'TERM', 'TMPDIR'],
  ]);
});

describe('its exit code is its answer', () => {
  test('77: blocked, with the last line as the reason', async () =>
    expect((await work('echo thinking; echo "No such API."; exit 77')).outcome).toEqual({
      kind: 'blocked',
      why: 'No such API.',
      usage,
    }));
  test('75: try later', async () =>
    expect((await work('echo "too busy"; exit 75')).outcome).toEqual({
      kind: 'limited',
      until: 61_000,
      why: 'too busy',
      usage,
    }));
  test('anything else: failed', async () =>
    expect((await work('echo oops >&2; exit 3')).outcome).toEqual({
      kind: 'failed',
      failure: { reason: 'agent-failed', kind: 'crashed', detail: 'It exited with 3: oops' },
      usage,
    }));
  test('a signal: failed', async () =>
    expect((await work('kill -9 $$')).outcome).toMatchObject({
      kind: 'failed',
      failure: { kind: 'crashed', detail: 'It was killed by SIGKILL.' },
    }));
  test('the time limit: failed', async () =>
    expect((await work('sleep 30', { limits: { turns: 1, timeMs: 200, idleMs: 100 } })).outcome).toMatchObject({
      kind: 'failed',
      failure: { kind: 'time' },
    }));
});

describe('an answer in a given shape', () => {
  const answerSchema = z.object({ verdict: z.enum(['yes', 'no']) });
  test('is read from the file that BACKLOG_ANSWER names', async () =>
    expect((await work(`echo '{"verdict":"yes"}' > "$BACKLOG_ANSWER"`, { answerSchema })).outcome).toMatchObject({
      kind: 'finished',
      answer: { verdict: 'yes' },
    }));
  test('missing: failed', async () =>
    expect((await work('true', { answerSchema })).outcome).toMatchObject({
      kind: 'failed',
      failure: { kind: 'silent' },
    }));
  test('of another shape: failed', async () =>
    expect((await work(`echo '{"verdict":"maybe"}' > "$BACKLOG_ANSWER"`, { answerSchema })).outcome).toMatchObject({
      kind: 'failed',
      failure: { kind: 'silent' },
    }));
});

test('what it costs is unknown unless told, and a cap needs to know', async () => {
  const settled: number[] = [];
  const budget = {
    isCapped: true,
    reserve: () => ({ settle: ({ spentMicroUsd }: Charge) => void settled.push(spentMicroUsd) }),
    isRunningOut: () => false,
  };
  expect((await work('true', { budget })).outcome).toMatchObject({
    kind: 'failed',
    failure: { reason: 'budget-spent' },
  });
  expect((await work('true', { budget }, 0.25)).outcome).toMatchObject({
    kind: 'finished',
    usage: { costMicroUsd: 250_000 },
  });
  expect(settled).toEqual([250_000]);
});

test('its followups are the readable lines of the outbox', async () => {
  const { outcome } = await work(
    `printf '{"title":"A"}\\nnonsense\\n{"title":"B","criteria":["b"]}\\n{"criteria":[]}\\n' > "$BACKLOG_OUTBOX"`,
  );
  expect(outcome).toMatchObject({
    followups: [
      { title: 'A', criteria: [] },
      { title: 'B', criteria: ['b'] },
    ],
  });
});
