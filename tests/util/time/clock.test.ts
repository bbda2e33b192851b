import { expect, test, vi } from 'vitest';
import { deadlineIn, orderTime } from '../../../src/engine/context/deadline.ts';
import { systemClock } from '../../../src/util/time/clock.ts';

test('a jump of the wall clock moves neither the time of a run nor its deadline', () => {
  const before = systemClock.now();
  const deadline = deadlineIn(60_000, before);
  vi.useFakeTimers({ toFake: ['Date'], now: before + 86_400_000 });
  try {
    expect(Date.now() - before).toBeGreaterThan(80_000_000);
    expect(systemClock.now() - before).toBeLessThan(10_000);
    expect(deadline.remainingMs()).toBeGreaterThan(50_000);
  } finally {
    vi.useRealTimers();
  }
});

test('an order gets its own time, or what the run has left but a tenth for judging', () => {
  const left = (ms: number): { at: number; remainingMs: () => number } => ({ at: 0, remainingMs: () => ms });
  expect([
    orderTime(1000, null),
    orderTime(1000, left(100_000)),
    orderTime(100_000, left(10_000)),
    orderTime(9_000_000, left(8_000_000)),
    orderTime(1000, left(-5)),
    orderTime(9_000_000, left(294_816.135)),
  ]).toEqual([1000, 1000, 9000, 7_700_000, 1, 265_334]);
});
