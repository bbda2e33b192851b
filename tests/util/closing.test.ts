import { expect, test } from 'vitest';
import { closingAfter } from '../../src/util/closing.ts';

/** What is done after the action and three closers, some of which fail, and how it ends. */
async function ended(...failing: readonly string[]): Promise<string> {
  const told: string[] = [];
  const step = (name: string) => (): Promise<string> => {
    told.push(name);
    return failing.includes(name) ? Promise.reject(new Error(name)) : Promise.resolve(`result of ${name}`);
  };
  const end = await closingAfter((atEnd) => {
    for (const name of ['a', 'b', 'c']) atEnd(step(name));
    return step('action')();
  }).catch((error: unknown) => String(error));
  return [...told, end].join(', ');
}

test.each([
  [[], 'action, c, b, a, result of action'],
  [['action'], 'action, c, b, a, Error: action'],
  [['b'], 'action, c, b, a, Error: b'],
  [['a', 'c'], 'action, c, b, a, Error: c'],
  [['action', 'a', 'b', 'c'], 'action, c, b, a, Error: action'],
])('where %j fail', async (failing, told) => {
  expect(await ended(...failing)).toBe(told);
});

test('what an action opened before it threw is closed; what it did not open is not', async () => {
  const closed: string[] = [];
  const done = closingAfter((atEnd) => {
    atEnd(() => void closed.push('opened'));
    throw new Error('at once');
  });
  await expect(done).rejects.toThrow('at once');
  expect(closed).toEqual(['opened']);
});
