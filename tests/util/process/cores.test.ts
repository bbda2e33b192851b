import { expect, test } from 'vitest';
import { Cores } from '../../../src/util/process/cores.ts';

/** Something that runs until it is told to end. */
function held(cores: Cores, by: string, log: string[], name: string): { end: () => void; done: Promise<void> } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const done = cores.share(by, async () => {
    log.push(name);
    await ended;
  });
  return { end, done };
}

test('as many run as there are cores; who has the fewest running goes first, then who came first', async () => {
  const cores = new Cores(2);
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
  const cores = new Cores(1, 20);
  const log: string[] = [];
  const server = held(cores, 'a', log, 'server');
  await cores.share('b', () => Promise.resolve(log.push('after a while')));
  await expect(cores.share('c', () => Promise.reject(new Error('red')))).rejects.toThrow('red');
  await cores.share('d', () => Promise.resolve(log.push('next')));
  server.end();
  await server.done;
  expect(log).toEqual(['server', 'after a while', 'next']);
});
