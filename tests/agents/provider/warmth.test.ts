import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { anthropicVoice } from '../../../src/agents/voices/anthropic.ts';
import { Limiter } from '../../../src/agents/provider/limiter.ts';
import { runLoop } from '../../../src/agents/loop/loop.ts';
import { factsOf } from '../../../src/agents/money/models.ts';
import { Prices } from '../../../src/agents/money/prices.ts';
import { Warmth } from '../../../src/agents/provider/warmth.ts';
import { type Clock, systemClock } from '../../../src/util/time/clock.ts';
import { cachedModel } from '../../support/cached-model.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

const never = new AbortController().signal;

describe('a beginning that many share', () => {
  /** What has come through, in its order. */
  function watched(): { readonly log: string[]; readonly clock: Clock; readonly pass: (ms: number) => void } {
    let now = 1_000_000;
    return { log: [], clock: { now: () => now, sleep: () => Promise.resolve() }, pass: (ms) => void (now += ms) };
  }

  test('is brought by the first; the others wait until its answer begins', async () => {
    const { log, clock } = watched();
    const warmth = new Warmth(clock);
    const first = await warmth.enter('a', 300_000, never);
    const others = ['second', 'third'].map((name) => warmth.enter('a', 300_000, never).then(() => log.push(name)));
    const else_ = await warmth.enter('b', 300_000, never);
    log.push('another beginning');
    else_.over();
    log.push('begins');
    first.begun();
    await Promise.all(others);
    expect(log).toEqual(['another beginning', 'begins', 'second', 'third']);
  });

  test('is the next one’s to bring when the first fails', async () => {
    const { clock } = watched();
    const warmth = new Warmth(clock);
    const first = await warmth.enter('a', 300_000, never);
    const second = warmth.enter('a', 300_000, never);
    const third = warmth.enter('a', 300_000, never);
    first.over();
    (await second).begun();
    await third;
  });

  test('grows cold after its time, counted from the start of the last call that read it', async () => {
    const { clock, pass } = watched();
    const warmth = new Warmth(clock);
    (await warmth.enter('a', 300_000, never)).begun();
    pass(200_000);
    (await warmth.enter('a', 300_000, never)).begun();
    pass(200_000);
    (await warmth.enter('a', 300_000, never)).begun();
    pass(295_000);
    const first = await warmth.enter('a', 300_000, never);
    const aborts = new AbortController();
    const second = warmth.enter('a', 300_000, aborts.signal);
    aborts.abort(new Error('stopped'));
    await expect(second).rejects.toThrow('stopped');
    first.over();
  });
});

test('a wave of ten writes what they share once', async () => {
  const model = await cachedModel({ turns: 2, firstMs: 20, wholeMs: 30, command: 'true', saysChars: 200 });
  onTestFinished(() => model.close());
  const warmth = new Warmth(systemClock);
  const limiter = new Limiter(systemClock);
  const voice = anthropicVoice({
    apiKey: 'sk-dummy',
    keyVariable: 'ANTHROPIC_API_KEY',
    baseUrl: model.url,
    model: 'claude-opus-5-5',
    facts: factsOf('claude-opus-5-5'),
    maxTokens: 4096,
    cacheTtl: '5m',
    prices: new Prices(),
    limiter,
    warmth,
  });
  const shared = 'All of this is shared. '.repeat(400);
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const folder = temporaryFolder();
      const loop = {
        openVoice: async () => voice,
        sessions: path.join(folder, 's'),
        clock: systemClock,
        random: Math.random,
      };
      const given = order(folder, { brief: { shared, own: `Unit ${index}.` } });
      return runLoop(loop, given, () => {}, never);
    }),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => 'finished'));
  expect(model.billed.sharedWrites).toBe(1);
  // Every call but the first read the shared part, and the second turns read the first ones, too.
  expect(model.billed.read).toBeGreaterThan(19 * (shared.length / 4));
});
