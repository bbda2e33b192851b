import { expect, test } from 'vitest';
import { type AttemptJob, type AttemptResult } from '../../../src/engine/attempt/attempt.ts';
import { LocalExecutor } from '../../../src/engine/attempt/local-executor.ts';
import { openSlots } from '../../../src/engine/crew/slots.ts';
import { noUsage } from '../../../src/model/agent.ts';
import { attemptId, idFromKey } from '../../../src/model/ids.ts';
import { numbers } from '../../support/numbers.ts';

function jobOf(key: number, round = 0): AttemptJob {
  return { attempt: attemptId(idFromKey(`u${key}`), 1), unit: idFromKey(`u${key}`), round } as AttemptJob;
}

/** Work that ends when it is told to, also where it was stopped long before. */
class Work {
  readonly atWork = new Map<string, () => void>();
  readonly began: string[] = [];
  readonly stopped = new Set<string>();
  most = 0;

  async execute(job: AttemptJob, signal: AbortSignal): Promise<AttemptResult> {
    this.began.push(job.attempt);
    signal.addEventListener('abort', () => this.stopped.add(job.attempt));
    if (signal.aborted) this.stopped.add(job.attempt);
    await new Promise<void>((resolve) => {
      this.atWork.set(job.attempt, resolve);
      this.most = Math.max(this.most, this.atWork.size);
    });
    this.atWork.delete(job.attempt);
    const outcome = { kind: 'stopped' } as const;
    return { attempt: job.attempt, round: job.round, outcome, usage: noUsage, startedAt: 0, endedAt: 0 };
  }

  release(): Promise<void> {
    return Promise.resolve();
  }
}

/** Lets everything happen that waits for nothing but its turn. */
const turn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test.each([1, 2, 3, 7])('whatever ends or is cancelled when, %i are at work, and never more', async (places) => {
  for (let seed = 1; seed <= 10; seed++) {
    const next = numbers(seed * 31 + places);
    const work = new Work();
    const executor = new LocalExecutor(openSlots(places).workers, work, new AbortController().signal);
    const jobs = Array.from({ length: 20 }, (_, index) => jobOf(index));
    const results: string[] = [];
    const read = (async () => {
      for await (const result of executor.results()) results.push(result.attempt);
    })();
    let submitted = 0;
    while (results.length < jobs.length) {
      const step = next();
      const job = jobs[submitted];
      const busy = [...work.atWork];
      if (step < 0.5 && job !== undefined) {
        submitted++;
        await executor.submit(job);
        if (next() < 0.3) await executor.submit(job); // twice is once
      } else if (step < 0.65) {
        await executor.cancel(jobs[Math.floor(next() * jobs.length)]?.attempt ?? jobOf(0).attempt);
      } else busy[Math.floor(next() * busy.length)]?.[1]();
      await turn();
      expect(work.atWork.size).toBe(Math.min(places, submitted - results.length));
    }
    await executor.close();
    await read;
    expect({ most: work.most, results: results.toSorted() }).toEqual({
      most: places,
      results: jobs.map(({ attempt }) => attempt as string).toSorted(),
    });
    expect(work.began).toEqual(jobs.map(({ attempt }) => attempt));
  }
});

test('who is cancelled keeps their place until they have ended', async () => {
  const work = new Work();
  const executor = new LocalExecutor(openSlots(1).workers, work, new AbortController().signal);
  const [first, second] = [jobOf(1), jobOf(2)];
  await executor.submit(first);
  await executor.submit(second);
  await executor.cancel(first.attempt);
  await turn();
  expect([[...work.stopped], [...work.atWork.keys()]]).toEqual([[first.attempt], [first.attempt]]);
  work.atWork.get(first.attempt)?.();
  await turn();
  expect([...work.atWork.keys()]).toEqual([second.attempt]);
  const closed = executor.close();
  work.atWork.get(second.attempt)?.();
  await closed;
});

test('readers have places of their own, as many', async () => {
  const slots = openSlots(2);
  const begun: string[] = [];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const all = (['workers', 'readers'] as const).flatMap((kind) =>
    [1, 2, 3].map(async (number) =>
      slots[kind].add(async () => {
        begun.push(`${kind} ${number}`);
        await ended;
      }),
    ),
  );
  await turn();
  expect(begun).toEqual(['workers 1', 'workers 2', 'readers 1', 'readers 2']);
  end();
  await Promise.all(all);
  expect(begun.slice(4)).toEqual(['workers 3', 'readers 3']);
});
