import type { RunOutcome } from '../model/exit-code.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import { nextWave } from '../plan/wave.ts';
import { openRequests } from '../queue/requests.ts';
import { insertWave } from '../queue/runs.ts';
import { readUnits, transition } from '../queue/units.ts';
import type { AttemptJob, AttemptResult } from './attempt.ts';
import type { Checkouts } from './court.ts';
import { claimUnit, driveUnit } from './drive.ts';
import type { Driver } from './driving.ts';
import type { Executor } from './executor.ts';
import { applyPersonsWord } from './people.ts';
import type { Run } from './run.ts';
import { readTip } from './tip.ts';
import { defaultEstimateMs, planUnits } from './schedule.ts';

/** Milliseconds between looks at what other processes ask for. */
const tickMs = 250;

/** Drains the queue: starts what may start, until nothing is left that could. Returns what stopped it early. */
export async function drain(options: {
  readonly run: Run;
  readonly checkouts: Checkouts;
  readonly executor: Executor;
  /** Aborts when nothing new may start. */
  readonly stop: AbortSignal;
  /** Units that may run; null for all. */
  readonly only: ReadonlySet<UnitId> | null;
}): Promise<ReadonlySet<RunOutcome>> {
  const { run, executor, stop } = options;
  const outcomes = new Set<RunOutcome>();
  // By attempt: a unit may be claimed again while its last attempt still clears away.
  const active = new Map<AttemptId, Promise<void>>();
  const cancelled = new Set<UnitId>();
  const results = new ResultRouter(executor);
  const isAskedFor = (unit: UnitId): boolean => options.only === null || options.only.has(unit);
  let isCapped = false;
  let crash: unknown = null;
  let waveNumber = 0;
  let wake = (): void => {};
  const driver: Driver = {
    run,
    checkouts: options.checkouts,
    executor,
    resultOf: (job) => results.of(job),
    onCap: () => {
      isCapped = true;
    },
    isCancelled: (unit) => cancelled.has(unit),
  };
  const onKill = (): void => {
    void executor.pending().then((attempts) => Promise.all(attempts.map((attempt) => executor.cancel(attempt))));
  };
  run.kill.addEventListener('abort', onKill, { once: true });
  try {
    for (;;) {
      const now = run.clock.now();
      for (const request of openRequests(run.database)) {
        applyPersonsWord({
          database: run.database,
          at: now,
          run: run.id,
          request,
          stopWork: (unit, attempt) => {
            cancelled.add(unit);
            void executor.cancel(attempt);
          },
        });
      }
      const rows = readUnits(run.database);
      for (const row of rows) {
        if (row.state === 'parked' && (row.parkedUntil ?? 0) <= now) {
          transition(run.database, now, run.id, {
            unit: row.spec.id,
            to: 'ready',
            why: row.why,
            failure: row.failure,
            parkedUntil: null,
          });
        }
      }
      const isEnding = stop.aborted || isCapped || crash !== null;
      // Whoever is planned is claimed before anything else happens: there is no await from reading the rows to claiming.
      const mayStart =
        !isEnding && readUnits(run.database).some((row) => row.state === 'ready' && isAskedFor(row.spec.id));
      const tip = mayStart ? await readTip(run) : null;
      if (tip !== null && !stop.aborted) {
        const fresh = readUnits(run.database);
        const planned = planUnits(fresh, defaultEstimateMs).map((unit) =>
          // What was not asked for stands still, as if it were cancelled.
          isAskedFor(unit.id) || (unit.state !== 'ready' && unit.state !== 'waiting')
            ? unit
            : { ...unit, state: 'cancelled' as const },
        );
        const { start } = nextWave(planned, {
          maxAgents: run.settings.maxAgents,
          phases: run.config.phases,
          barrier: run.settings.barrier,
        });
        if (start.length > 0) {
          waveNumber++;
          insertWave(run.database, { run: run.id, number: waveNumber, at: run.clock.now(), units: start });
          run.emit({ type: 'wave-started', number: waveNumber, units: start });
        }
        for (const id of start) {
          const row = fresh.find((candidate) => candidate.spec.id === id);
          if (!row) continue;
          cancelled.delete(id);
          const attempt = claimUnit(run, row, tip);
          const driven = driveUnit(driver, row, attempt)
            .catch((error: unknown) => {
              crash ??= error;
              onKill(); // nobody will judge what the others are making
            })
            .finally(() => {
              active.delete(attempt.id);
              wake();
            });
          active.set(attempt.id, driven);
        }
      }
      if (active.size === 0) {
        const parked = isEnding
          ? []
          : readUnits(run.database).filter((row) => row.state === 'parked' && isAskedFor(row.spec.id));
        const soonest = Math.min(...parked.map((row) => row.parkedUntil ?? 0));
        if (parked.length === 0 || soonest - now > run.settings.maxParkMs) {
          if (parked.length > 0) outcomes.add('provider-limit');
          break;
        }
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, tickMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (stop.aborted && active.size === 0) wake();
      });
    }
  } finally {
    run.kill.removeEventListener('abort', onKill);
    await Promise.allSettled(active.values());
    await executor.close();
  }
  if (crash !== null) throw crash;
  if (isCapped) outcomes.add('cap-reached');
  return outcomes;
}

/** Hands each result of the executor to whoever waits for it; results may come early, late or twice. */
class ResultRouter {
  readonly #waiting = new Map<string, (result: AttemptResult) => void>();
  readonly #early = new Map<string, AttemptResult>();

  constructor(executor: Executor) {
    void this.#listen(executor);
  }

  of(job: AttemptJob): Promise<AttemptResult> {
    const key = `${job.attempt}#${job.round}`;
    const early = this.#early.get(key);
    if (early) {
      this.#early.delete(key);
      return Promise.resolve(early);
    }
    return new Promise((resolve) => this.#waiting.set(key, resolve));
  }

  async #listen(executor: Executor): Promise<void> {
    for await (const result of executor.results()) {
      const key = `${result.attempt}#${result.round}`;
      const resolve = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (resolve) resolve(result);
      else this.#early.set(key, result);
    }
  }
}
