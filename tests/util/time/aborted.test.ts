import { expect, test } from 'vitest';
import { aborted, bothAborted } from '../../../src/util/time/aborted.ts';

test('both are aborted once each is, in whichever order', async () => {
  const seen = [
    [0, 1],
    [1, 0],
  ].map((order) => {
    const all = [new AbortController(), new AbortController()] as const;
    const late = bothAborted(all[0].signal, all[1].signal);
    return order.map((which) => {
      all[which === 0 ? 0 : 1].abort();
      // What is made now says the same.
      return [late.aborted, bothAborted(all[0].signal, all[1].signal).aborted];
    });
  });
  expect(seen).toEqual([
    [
      [false, false],
      [true, true],
    ],
    [
      [false, false],
      [true, true],
    ],
  ]);
});

test('waits until a signal aborts, and not for one that has', async () => {
  const later = new AbortController();
  const log: string[] = [];
  const wait = aborted(later.signal).then(() => log.push('aborted'));
  await aborted(AbortSignal.abort());
  log.push('now');
  later.abort();
  await wait;
  expect(log).toEqual(['now', 'aborted']);
});
