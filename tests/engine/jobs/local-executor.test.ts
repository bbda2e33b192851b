import { expect, test } from 'vitest';
import type { OrderJob, OrderResult } from '../../../src/engine/jobs/job.ts';
import { LocalExecutor } from '../../../src/engine/jobs/local-executor.ts';
import { openSlots } from '../../../src/engine/jobs/slots.ts';
import { noUsage } from '../../../src/model/agent.ts';
import { attemptId, idFromKey } from '../../../src/model/ids.ts';
import { numbers } from '../../support/numbers.ts';
import { bareOrder, noLink, orderWork } from '../../support/order-work.ts';

const jobOf = (key: number, isReader = false): OrderJob =>
  bareOrder(attemptId(idFromKey(`u${key}`), 1), idFromKey(`u${key}`), isReader);

/** Work that ends when it is told to, also where it was stopped long before. */
class Work {
  readonly atWork = new Map<string, () => void>();
  readonly began: string[] = [];
  readonly stopped = new Set<string>();
  most = 0;

  async order(job: OrderJob, signal: AbortSignal): Promise<OrderResult> {
    this.began.push(job.name);
    signal.addEventListener('abort', () => this.stopped.add(job.name));
    if (signal.aborted) this.stopped.add(job.name);
    await new Promise<void>((resolve) => {
      this.atWork.set(job.name, resolve);
      this.most = Math.max(this.most, this.atWork.size);
    });
    this.atWork.delete(job.name);
    return { outcome: { kind: 'stopped' }, usage: noUsage };
  }
}

const open = (places: number, work: Work): LocalExecutor =>
  new LocalExecutor(
    openSlots(places),
    orderWork((job, stop) => work.order(job, stop)),
    new AbortController().signal,
  );

/** Lets everything happen that waits for nothing but its turn. */
const turn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test.each([1, 2, 3, 7])('whatever ends or is stopped when, %i are at work, and never more', async (places) => {
  for (let seed = 1; seed <= 10; seed++) {
    const next = numbers(seed * 31 + places);
    const work = new Work();
    const executor = open(places, work);
    const jobs = Array.from({ length: 20 }, (_, index) => ({ job: jobOf(index), stop: new AbortController() }));
    const results: string[] = [];
    const left: string[] = []; // those that were stopped before they had a place
    let given = 0;
    let most = 0;
    while (results.length < jobs.length) {
      const step = next();
      const one = jobs[given];
      const busy = [...work.atWork];
      if (step < 0.5 && one !== undefined) {
        given++;
        void executor.order(one.job, noLink, one.stop.signal).then(() => {
          results.push(one.job.name);
          if (!work.began.includes(one.job.name)) left.push(one.job.name);
        });
      } else if (step < 0.65) jobs[Math.floor(next() * jobs.length)]?.stop.abort();
      else busy[Math.floor(next() * busy.length)]?.[1]();
      await turn();
      expect(work.atWork.size).toBe(Math.min(places, given - results.length));
      most = Math.max(most, work.atWork.size);
    }
    await executor.close();
    expect({ most: work.most, results: results.toSorted() }).toEqual({
      most,
      results: jobs.map(({ job }) => job.name).toSorted(),
    });
    const wereStopped = jobs.filter(({ stop }) => stop.signal.aborted).map(({ job }) => job.name);
    expect(left.filter((name) => !wereStopped.includes(name))).toEqual([]);
    expect(work.began).toEqual(jobs.map(({ job }) => job.name).filter((name) => !left.includes(name)));
  }
});

test('an order that is stopped while it waits for a place leaves at once', async () => {
  const work = new Work();
  const executor = open(1, work);
  const stops = [1, 2, 3, 4].map(() => new AbortController());
  stops[3]?.abort();
  const results = stops.map((stop, index) => executor.order(jobOf(index + 1), noLink, stop.signal));
  await turn();
  stops[1]?.abort();
  const stopped = { outcome: { kind: 'stopped' }, usage: noUsage };
  expect([await results[1], await results[3]]).toEqual([stopped, stopped]);
  expect([work.began, [...work.stopped]]).toEqual([['u1.1'], []]);
  work.atWork.get('u1.1')?.();
  await turn();
  expect(work.began).toEqual(['u1.1', 'u3.1']);
  const closed = executor.close();
  work.atWork.get('u3.1')?.();
  await closed;
  expect(await Promise.all(results)).toEqual([stopped, stopped, stopped, stopped]);
});

test('agents of the run take no place of the units, and wait for none', async () => {
  const work = new Work();
  const executor = open(1, work);
  const ofRun = [1, 2, 3].map((key) => ({ ...jobOf(key, true), unit: null, attempt: null, name: `own-${key}` }));
  const orders = [...ofRun, jobOf(4), jobOf(5, true), jobOf(6), jobOf(7, true)];
  const all = orders.map(async (job) => executor.order(job, noLink, new AbortController().signal));
  await turn();
  expect(work.began).toEqual(['own-1', 'own-2', 'own-3', 'u4.1', 'u5.1']);
  const closed = executor.close();
  for (const end of work.atWork.values()) end();
  await closed;
  await Promise.all(all);
  expect(work.began).toEqual(['own-1', 'own-2', 'own-3', 'u4.1', 'u5.1']);
});

test('an order that is stopped keeps its place until it has ended', async () => {
  const work = new Work();
  const executor = open(1, work);
  const [first, second] = [jobOf(1), jobOf(2)];
  const stop = new AbortController();
  void executor.order(first, noLink, stop.signal);
  void executor.order(second, noLink, new AbortController().signal);
  await turn();
  stop.abort();
  await turn();
  expect([[...work.stopped], [...work.atWork.keys()]]).toEqual([[first.name], [first.name]]);
  work.atWork.get(first.name)?.();
  await turn();
  expect([...work.atWork.keys()]).toEqual([second.name]);
  const closed = executor.close();
  expect([...work.stopped]).toEqual([first.name, second.name]);
  work.atWork.get(second.name)?.();
  await closed;
});

test('readers have places of their own, as many', async () => {
  const work = new Work();
  const executor = open(2, work);
  const jobs = [1, 2, 3].flatMap((number) => [jobOf(number), jobOf(number + 10, true)]);
  const all = jobs.map(async (job) => executor.order(job, noLink, new AbortController().signal));
  await turn();
  expect(work.began).toEqual(jobs.slice(0, 4).map(({ name }) => name));
  while (work.atWork.size > 0) {
    for (const end of work.atWork.values()) end();
    await turn();
  }
  await Promise.all(all);
  expect(work.began).toEqual(jobs.map(({ name }) => name));
});
