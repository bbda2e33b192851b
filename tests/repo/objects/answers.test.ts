import { expect, test } from 'vitest';
import { Answers } from '../../../src/repo/objects/answers.ts';

const here = { gitDir: '/a/.git' };
const [one, other] = ['1'.repeat(40), '2'.repeat(40)];

function counting<T>(answer: T): { readonly ask: () => Promise<T>; asked: number } {
  const counter = {
    asked: 0,
    ask: async (): Promise<T> => {
      counter.asked++;
      return answer;
    },
  };
  return counter;
}

test('a question about objects is asked once in each repository; one about a ref, each time', async () => {
  const table: readonly (readonly [objects: readonly string[], asked: number])[] = [
    [[one], 1],
    [[one, other], 1],
    [[other, one], 1],
    [['refs/heads/main'], 3],
    [['HEAD'], 3],
    [[one, 'backlog/next'], 3],
    [[`${one}:a.txt`], 3],
    [[one.slice(0, 10)], 3],
  ];
  const answers = new Answers<string>(10);
  for (const [objects, asked] of table) {
    const counted = counting('yes');
    for (let i = 0; i < 3; i++) expect(await answers.get(here, objects, counted.ask)).toBe('yes');
    expect([objects, counted.asked]).toEqual([objects, asked]);
  }
  const elsewhere = counting('no');
  expect(await answers.get({ gitDir: '/b/.git' }, [one], elsewhere.ask)).toBe('no');
  expect(await answers.get(here, [one], elsewhere.ask, 'a.txt')).toBe('no');
  expect(elsewhere.asked).toBe(2);
});

test('a failure is not kept, nor what is too large, nor the oldest of too many', async () => {
  const failing = new Answers<string>(10);
  await expect(failing.get(here, [one], async () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
  expect(await failing.get(here, [one], async () => 'yes')).toBe('yes');
  const small = new Answers<string>(10, (answer) => answer.length < 3);
  const large = counting('large');
  for (let i = 0; i < 2; i++) await small.get(here, [one], large.ask);
  expect(large.asked).toBe(2);
  const two = new Answers<number>(2);
  const counted = counting(1);
  for (const digit of ['1', '2', '3', '1']) await two.get(here, [digit.repeat(40)], counted.ask);
  expect(counted.asked).toBe(4);
});
