import { expect, test } from 'vitest';
import { Cores, type CoresOptions } from '../../../src/util/process/cores.ts';
import { atOnce, type Turn } from '../../../src/util/process/turn.ts';

/** Something that runs until it is told to end. */
function held(
  cores: Cores,
  by: string,
  log: string[],
  name: string,
  turn?: Turn,
): { end: () => void; done: Promise<void> } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const done = cores.share(
    by,
    async () => {
      log.push(name);
      await ended;
    },
    turn ? { turn } : {},
  );
  return { end, done };
}

test('as many run as there are cores; who has the fewest running goes first, then who came first', async () => {
  const cores = new Cores({ slots: 2, look: null });
  const log: string[] = [];
  const [a1, a2] = [held(cores, 'a', log, 'a1'), held(cores, 'a', log, 'a2')];
  const [a3, a4, b1] = [held(cores, 'a', log, 'a3'), held(cores, 'a', log, 'a4'), held(cores, 'b', log, 'b1')];
  expect(log).toEqual(['a1', 'a2']);
  a1.end();
  await a1.done;
  expect(log).toEqual(['a1', 'a2', 'b1']);
  b1.end();
  await b1.done;
  expect(log).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const one of [a2, a3, a4]) one.end();
  await Promise.all([a2.done, a3.done, a4.done]);
  expect(log).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
});

test('a command that goes on for long no longer counts, and one that fails gives its place back', async () => {
  const cores = new Cores({ slots: 1, look: null, longMs: 20 });
  const log: string[] = [];
  const server = held(cores, 'a', log, 'server');
  await cores.share('b', () => Promise.resolve(log.push('after a while')));
  await expect(cores.share('c', () => Promise.reject(new Error('red')))).rejects.toThrow('red');
  await cores.share('d', () => Promise.resolve(log.push('next')));
  server.end();
  await server.done;
  expect(log).toEqual(['server', 'after a while', 'next']);
});

test('what may prove pointless waits for all that is needed, until it is needed itself', async () => {
  const cores = new Cores({ slots: 1, look: null });
  const log: string[] = [];
  const [needed, stop] = [new AbortController(), new AbortController()];
  const first = held(cores, 'a', log, 'first');
  const bets = ['bet', 'other bet'].map((name, index) => {
    const turn = { needed: index === 0 ? new AbortController().signal : needed.signal, stop: stop.signal };
    return held(cores, 'b', log, name, turn);
  });
  const last = held(cores, 'a', log, 'last');
  needed.abort();
  for (const one of [first, last, ...bets]) one.end();
  await Promise.all([first, last, ...bets].map(({ done }) => done));
  expect(log).toEqual(['first', 'other bet', 'last', 'bet']);
});

test('what is stopped leaves the line, and what runs keeps its place until it has ended', async () => {
  const cores = new Cores({ slots: 1, look: null });
  const log: string[] = [];
  const stops = [new AbortController(), new AbortController()] as const;
  const turns = stops.map(({ signal }) => ({ needed: new AbortController().signal, stop: signal }));
  const running = held(cores, 'a', log, 'running', turns[0]);
  const waiting = held(cores, 'a', log, 'waiting', turns[1]);
  const last = held(cores, 'a', log, 'last');
  for (const stop of stops) stop.abort(new Error('pointless'));
  await expect(waiting.done).rejects.toThrow('pointless');
  await expect(held(cores, 'a', log, 'late', turns[1]).done).rejects.toThrow('pointless');
  expect(log).toEqual(['running']);
  running.end();
  await running.done;
  last.end();
  await last.done;
  expect(log).toEqual(['running', 'last']);
});

/** Looks at processes that use this many cores each. */
function machine(uses: Readonly<Record<number, number>>, wantsCore = false): CoresOptions['look'] {
  return (pids) => new Map(pids.map((pid) => [pid, { ms: performance.now() * (uses[pid] ?? 0), wantsCore }]));
}

/** Commands that run until the end of the test, one after the other as they may. */
async function begun(look: CoresOptions['look'], count: number, expected: number): Promise<number[]> {
  const cores = new Cores({ slots: 2, look: look ?? null, lookMs: 5 });
  const log: number[] = [];
  const all = Promise.withResolvers<void>();
  const looks = Promise.withResolvers<void>();
  let looked = 0;
  const done = Array.from({ length: count }, (_, nr) =>
    cores.share('a', async (onStart) => {
      log.push(nr);
      onStart(nr);
      if (log.length === expected) looks.resolve();
      await all.promise;
    }),
  );
  await looks.promise;
  // Nothing more begins by further looks.
  while (looked++ < 5)
    await cores
      .share('b', () => Promise.resolve(), { turn: { ...atOnce, stop: AbortSignal.timeout(20) } })
      .catch(() => {});
  const seen = [...log];
  all.resolve();
  await Promise.all(done);
  return seen;
}

test('a command that uses no CPU leaves its core to others; one that uses it, or wants it and gets none, does not', async () => {
  expect(await begun(machine({}), 5, 5)).toEqual([0, 1, 2, 3, 4]);
  expect(await begun(machine({ 0: 1, 1: 1, 2: 1 }), 5, 2)).toEqual([0, 1]);
  expect(await begun(machine({ 1: 1, 2: 1 }), 5, 3)).toEqual([0, 1, 2]);
  expect(await begun(machine({}, true), 5, 2)).toEqual([0, 1]);
});

test('where nothing can be measured, every command counts', async () => {
  expect(await begun(() => null, 5, 2)).toEqual([0, 1]);
});
