import { expect, test } from 'vitest';
import { MergeQueue } from '../../../src/engine/judging/merge-queue.ts';

test('one rides at a time, in the order in which they came, and who breaks lets the next one go', async () => {
  const queue = new MergeQueue();
  const told: string[] = [];
  const ride = async (name: string, action: () => Promise<string>): Promise<string> =>
    queue
      .run(action, (step) => void told.push(`${name} ${step}`))
      .catch((error: unknown) => `${name}: ${error instanceof Error ? error.message : ''}`);
  const ends = await Promise.all([
    ride('a', async () => Promise.resolve('landed')),
    ride('b', async () => Promise.reject(new Error('broken'))),
    ride('c', async () => {
      await new Promise((resolve) => void setImmediate(resolve));
      return 'landed';
    }),
  ]);
  expect(ends).toEqual(['landed', 'b: broken', 'landed']);
  expect(told).toEqual([...['a holds', 'b waits', 'c waits', 'a left', 'b holds', 'b left', 'c holds', 'c left']]);
  expect(await ride('d', async () => Promise.resolve('landed'))).toBe('landed');
  expect(told.slice(8)).toEqual(['d holds', 'd left']);
});

test('who cannot be told of a place takes none from the others', async () => {
  const queue = new MergeQueue();
  const refuse = (): never => {
    throw new Error('the disk is full');
  };
  let end = (): void => {};
  const first = queue.run(
    async () => new Promise<void>((resolve) => (end = resolve)),
    () => {},
  );
  await expect(queue.run(async () => Promise.resolve(), refuse)).rejects.toThrow('the disk is full');
  end();
  await first;
  await expect(queue.run(async () => Promise.resolve(), refuse)).rejects.toThrow('the disk is full');
  expect(
    await queue.run(
      async () => Promise.resolve('landed'),
      () => {},
    ),
  ).toBe('landed');
});
