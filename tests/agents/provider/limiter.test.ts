import { describe, expect, test } from 'vitest';
import { Limiter } from '../../../src/agents/provider/limiter.ts';
import { CallFailed, type CallEnd, type Pass } from '../../../src/agents/provider/voice.ts';
import { Pool } from '../../../src/agents/provider/pool.ts';
import type { AgentUnusable } from '../../../src/model/failure.ts';
import type { Clock } from '../../../src/util/time/clock.ts';

const overloaded: CallEnd = { kind: 'overloaded', why: 'busy' };
const ok: CallEnd = { kind: 'ok' };
const never = new AbortController().signal;

/** A clock that moves only when somebody sleeps. */
function testClock(): Clock & { readonly slept: number[]; move: (ms: number) => void } {
  let now = Date.parse('2026-11-24T10:00:00Z');
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    move: (ms) => {
      now += ms;
    },
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

/** Whether somebody is let in without waiting. */
async function isLetIn(limiter: Limiter): Promise<Pass | null> {
  const stop = new AbortController();
  const entering = limiter.enter(stop.signal).catch(() => null);
  const pass = await Promise.race([entering, new Promise<null>((resolve) => setImmediate(() => resolve(null)))]);
  stop.abort();
  return pass;
}

async function fill(limiter: Limiter): Promise<Pass[]> {
  const passes: Pass[] = [];
  for (let pass = await isLetIn(limiter); pass; pass = await isLetIn(limiter)) passes.push(pass);
  return passes;
}

describe('how many calls are under way', () => {
  test('eight at first; one more after each round of good answers', async () => {
    const limiter = new Limiter(testClock());
    const passes = await fill(limiter);
    expect(passes.length).toBe(8);
    for (const pass of passes) pass.leave(ok);
    expect(limiter.window).toBe(8);
    (await limiter.enter(never)).leave(ok);
    expect(limiter.window).toBe(9);
  });

  test('half as many after a refusal, once for those that were under way together, and one at least', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    for (const pass of await fill(limiter)) pass.leave({ kind: 'limited', retryAfterMs: 100, why: 'slow down' });
    expect(limiter.window).toBe(4);
    for (const wanted of [2, 1, 1]) {
      clock.move(1500);
      (await limiter.enter(never)).leave({ kind: 'limited', retryAfterMs: 100, why: 'slow down' });
      expect(limiter.window).toBe(wanted);
    }
  });

  test('who waits is let in when a place is given back, in the order of coming; who gives up is forgotten', async () => {
    const limiter = new Limiter(testClock());
    const passes = await fill(limiter);
    const order: string[] = [];
    const stop = new AbortController();
    const first = limiter.enter(never).then(() => order.push('first'));
    const gone = limiter.enter(stop.signal).catch(() => order.push('gone'));
    const second = limiter.enter(never).then(() => order.push('second'));
    stop.abort();
    await gone;
    passes[0]?.leave(ok);
    await first;
    passes[0]?.leave(ok); // a second time is nothing
    passes[1]?.leave(ok);
    await second;
    expect(order).toEqual(['gone', 'first', 'second']);
  });

  // All places are taken, and two wait. The first is called in, and does not take its place: the next one hears of it.
  test.each<[string, string, (limiter: Limiter, clock: ReturnType<typeof testClock>, stop: AbortController) => void]>([
    ['gives up in the same turn', 'in', (_limiter, _clock, stop) => stop.abort()],
    [
      'gives up while it waits for a pause to end',
      'in',
      (limiter, clock, stop) => {
        limiter.pause(clock.now() + 50_000, 'slow down');
        setImmediate(() => {
          clock.move(60_000);
          stop.abort();
        });
      },
    ],
    ['is told to wait for long', 'limited', (limiter, clock) => limiter.pause(clock.now() + 3_600_000, 'usage limit')],
  ])('who is called in and %s leaves its place to the next one', async (_how, then, happen) => {
    const clock = testClock();
    const asleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const limiter = new Limiter({ ...clock, sleep: asleep });
    const [pass] = await fill(limiter);
    const stop = new AbortController();
    const end = async (signal: AbortSignal): Promise<string> =>
      limiter.enter(signal).then(
        () => 'in',
        (error: unknown) => (error instanceof CallFailed ? error.problem.kind : 'gave up'),
      );
    const first = end(stop.signal);
    const second = end(never);
    await new Promise((resolve) => setImmediate(resolve));
    pass?.leave({ kind: 'other' });
    happen(limiter, clock, stop);
    expect([await first, await second]).toEqual([then === 'in' ? 'gave up' : then, then]);
  });
});

describe('a provider that has had no good answer for anybody', () => {
  const failure: AgentUnusable = { reason: 'agent-unusable', kind: 'request', detail: 'no reply', remedy: 'Look.' };
  const bad: CallEnd = { kind: 'bad', why: 'no word', failure };
  const make = (): Limiter => new Limiter(testClock(), new Pool('x', testClock()));
  const call = async (limiter: Limiter, end: CallEnd): Promise<void> => {
    const pass = await limiter.enter(never);
    pass.begun?.();
    pass.leave(end);
  };

  test('is given up after three bad ones in turn, and in doubt from the first on', async () => {
    const limiter = make();
    expect(limiter.doubt).toBe(null);
    await call(limiter, bad);
    expect([limiter.doubt, limiter.refusal]).toEqual([failure, null]);
    await call(limiter, { kind: 'overloaded', why: 'busy' });
    await call(limiter, bad);
    expect(limiter.refusal).toBe(null);
    await call(limiter, bad);
    expect(limiter.refusal).toEqual({ ...failure, kind: 'model' });
    await expect(limiter.enter(never)).rejects.toMatchObject({ problem: { kind: 'fatal', failure: limiter.refusal } });
  });

  test('is not, by those that were under way together', async () => {
    const limiter = make();
    const first = await limiter.enter(never);
    first.begun?.();
    const passes = [first, await limiter.enter(never), await limiter.enter(never), await limiter.enter(never)];
    for (const pass of passes) pass.leave(bad);
    expect([limiter.doubt, limiter.refusal]).toEqual([failure, null]);
  });

  test.each<[string, CallEnd]>([
    ['a good one', ok],
    ['no bad one', { kind: 'lost', why: 'reset' }],
    ['an overload', overloaded],
    ['one too many', { kind: 'limited', retryAfterMs: 1, why: 'slow down' }],
    ['a fault', { kind: 'answered' }],
  ])('stays, with %s again and again', async (_name, end) => {
    const limiter = make();
    for (let times = 0; times < 4; times++) await call(limiter, end);
    expect([limiter.doubt, limiter.refusal]).toEqual([null, null]);
    for (let times = 0; times < 4 && end.kind === 'ok'; times++) await call(limiter, bad);
    expect([limiter.doubt, limiter.refusal]).toEqual([null, null]);
  });
});

describe('when the provider wants us to wait', () => {
  test('a short time is waited for, by all', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    (await limiter.enter(never)).leave({ kind: 'limited', retryAfterMs: 30_000, why: 'slow down' });
    await limiter.enter(never);
    expect([clock.slept, limiter.pausedUntil]).toEqual([[30_000], null]);
  });

  test('a long time is not: everybody is told until when', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    (await limiter.enter(never)).leave({ kind: 'limited', retryAfterMs: 3_600_000, why: 'usage limit' });
    const refused: unknown = await limiter.enter(never).catch((error: unknown) => error);
    expect(refused instanceof CallFailed ? refused.problem : null).toEqual({
      kind: 'limited',
      why: 'usage limit',
      retryAfterMs: 3_600_000,
    });
    expect([clock.slept, limiter.pausedUntil]).toEqual([[], clock.now() + 3_600_000]);
    clock.move(3_600_000);
    expect([await isLetIn(limiter), limiter.pausedUntil]).toEqual([expect.anything(), null]);
  });

  test('a bucket that an answer tells to be empty is not asked before it is filled', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    const headers: Record<string, string> = {
      'anthropic-ratelimit-requests-remaining': '5',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-24T10:00:20Z',
    };
    (await limiter.enter(never)).leave(ok, (name) => headers[name]);
    await limiter.enter(never);
    expect(clock.slept).toEqual([20_000]);
  });

  test('a time of reset that no limit has is none: it is asked again soon', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    const headers: Record<string, string> = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-5h-status': 'rejected',
      'anthropic-ratelimit-unified-5h-reset': '99999999999999',
    };
    (await limiter.enter(never)).leave(ok, (name) => headers[name]);
    await limiter.enter(never);
    expect([clock.slept, limiter.pausedUntil]).toEqual([[5000], null]);
  });

  test('after five overloads in a row nobody is let in for half a minute, then one to try; each time twice as long', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    for (let count = 0; count < 5; count++) (await limiter.enter(never)).leave(overloaded);
    const probe = await limiter.enter(never);
    expect(clock.slept).toEqual([30_000]);
    expect(await isLetIn(limiter)).toBeNull(); // only one tries
    probe.leave(overloaded);
    const again = await limiter.enter(never);
    expect(clock.slept).toEqual([30_000, 60_000]);
    again.leave(ok);
    expect(await isLetIn(limiter)).not.toBeNull();
  });

  test('many calls that were under way when it opened make nothing longer', async () => {
    const clock = testClock();
    const limiter = new Limiter(clock);
    const calls = await Promise.all(Array.from({ length: 8 }, async () => limiter.enter(never)));
    for (const call of calls) call.leave(overloaded);
    await limiter.enter(never);
    expect(clock.slept).toEqual([30_000]);
  });
});
