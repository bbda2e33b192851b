import { expect, test } from 'vitest';
import { tryRefutation } from '../../../src/verify/reviews/refutation.ts';
import { end, type End } from '../../support/command-end.ts';

/** What a reviewer's command shows that ends so with the change, once more with it, and without it. */
async function shown(after: End, again: End, before: End): Promise<string> {
  const runs: string[] = [];
  const refutation = await tryRefutation((on, isAgain) => {
    runs.push(on);
    return Promise.resolve(end(on === 'base' ? before : isAgain ? again : after));
  });
  return `${refutation} (${runs.join(', ')})`;
}

const red = { exitCode: 1 };
const green = { exitCode: 0 };

test.each<[string, End, End, End, string]>([
  ['red with the change, green without it', red, red, green, 'shown (candidate, base, candidate)'],
  ['red now and then', red, green, green, 'nothing (candidate, base, candidate)'],
  ['green', green, green, green, 'nothing (candidate)'],
  ['red in the same way on any tree', red, red, red, 'nothing (candidate, base)'],
  ['red both times, with other words', red, red, { exitCode: 1, excerpt: 'no such file' }, 'vote (candidate, base)'],
  ['red both times, with another exit', red, red, { exitCode: 2 }, 'vote (candidate, base)'],
  ['red with the change, out of time without it', red, red, { timedOut: true }, 'vote (candidate, base)'],
  ['out of time with the change', { timedOut: true }, red, green, 'nothing (candidate)'],
  ['killed with the change', { signal: 'SIGKILL' }, red, green, 'nothing (candidate)'],
  ['a shell whose child was killed', { exitCode: 137 }, red, green, 'nothing (candidate)'],
  ['a program that is not there', { exitCode: 127 }, red, green, 'nothing (candidate)'],
  ['a program that cannot be executed', { exitCode: 126 }, red, green, 'nothing (candidate)'],
  ['a runner without a test', { exitCode: 0, testsRun: 0 }, red, green, 'nothing (candidate)'],
])('a refutation by a command that is %s', async (_name, after, again, before, expected) => {
  expect(await shown(after, again, before)).toBe(expected);
});
