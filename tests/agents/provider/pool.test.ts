import { describe, expect, test } from 'vitest';
import { Pool } from '../../../src/agents/provider/pool.ts';
import { CallFailed, type CallEnd } from '../../../src/agents/provider/voice.ts';
import type { AgentUnusable } from '../../../src/model/failure.ts';
import type { Clock } from '../../../src/util/time/clock.ts';

const never = new AbortController().signal;
const wrongKey: AgentUnusable = { reason: 'agent-unusable', kind: 'key', detail: 'no', remedy: 'Set it.' };
const lost: CallEnd = { kind: 'lost', why: 'ECONNREFUSED' };

/** A clock that moves only when somebody sleeps. */
function testClock(): Clock & { readonly slept: number[]; move: (ms: number) => void } {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    move: (ms) => void (now += ms),
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

/** Many who call at the same time, each ending as the call before decides; how many calls were made, and how all ended. */
async function callers(pool: Pool, count: number, ends: (call: number) => CallEnd): Promise<[number, string[]]> {
  let calls = 0;
  const all = Array.from({ length: count }, async () => {
    try {
      const admission = await pool.admit(never);
      const end = ends(++calls);
      await Promise.resolve();
      admission.over(end);
      return end.kind;
    } catch (error) {
      return error instanceof CallFailed && error.problem.kind === 'fatal' ? 'refused' : String(error);
    }
  });
  const ended = await Promise.all(all);
  return [calls, ended];
}

describe('a provider of which nothing is known yet', () => {
  test('is asked by one caller; a refused key ends all others without a request', async () => {
    const pool = new Pool('https://api.example', testClock());
    const [calls, ends] = await callers(pool, 8, () => ({ kind: 'refused', failure: wrongKey }));
    expect([calls, ends]).toEqual([1, Array.from({ length: 8 }, () => 'refused')]);
    expect(pool.refusal).toBe(wrongKey);
  });

  test.each<[string, CallEnd, boolean]>([
    ['a good answer', { kind: 'ok' }, true],
    ['one too many', { kind: 'limited', retryAfterMs: null, why: '' }, true],
    ['too much to do', { kind: 'overloaded', why: '' }, true],
    ['any other answer', { kind: 'answered' }, true],
    ['no such model', { kind: 'refused', failure: { ...wrongKey, kind: 'model' } }, true],
    ['nobody there', lost, false],
    ['called off', { kind: 'other' }, false],
  ])('has answered after %s', async (_name, end, isKnown) => {
    const pool = new Pool('https://api.example', testClock());
    (await pool.admit(never)).over(end);
    expect([pool.hasAnswered, pool.refusal]).toEqual([isKnown, null]);
  });

  test('lets all in once an answer has begun', async () => {
    const pool = new Pool('https://api.example', testClock());
    const first = await pool.admit(never);
    const others = Promise.all([pool.admit(never), pool.admit(never)]);
    first.answered();
    expect((await others).length).toBe(2);
  });

  test('that nobody reaches is given up after a few tries, however many ask, and told with its host and the cause', async () => {
    const clock = testClock();
    const pool = new Pool('https://api.example', clock);
    const [calls] = await callers(pool, 8, () => lost);
    expect([calls, clock.slept.reduce((sum, ms) => sum + ms, 0)]).toEqual([3, 3000]);
    expect(pool.refusal).toEqual({
      reason: 'agent-unusable',
      kind: 'unreachable',
      detail: 'https://api.example cannot be reached (ECONNREFUSED); no call of this run was answered',
      remedy: 'Check the address ("baseUrl", ANTHROPIC_BASE_URL) and the network, then run again.',
    });
  });

  test('where connecting takes long, is given up within a minute', async () => {
    const clock = testClock();
    const pool = new Pool('https://api.example', clock);
    for (let call = 0; pool.refusal === null; call++) {
      const admission = await pool.admit(never);
      clock.move(20_000);
      admission.over(lost);
    }
    expect(clock.now() - 1_000_000).toBeLessThan(65_000);
  });
});

test('a provider that answered once is never given up: it may come back', async () => {
  const pool = new Pool('https://api.example', testClock());
  (await pool.admit(never)).over({ kind: 'ok' });
  const [calls] = await callers(pool, 8, () => lost);
  expect([calls, pool.refusal]).toEqual([8, null]);
});

test('whoever waits for the first answer can be called off', async () => {
  const pool = new Pool('https://api.example', testClock());
  await pool.admit(never);
  const stop = new AbortController();
  const waiting = pool.admit(stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
