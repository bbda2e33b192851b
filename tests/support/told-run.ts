import { noUsage } from '../../src/model/agent.ts';
import type { Event, RecordedEvent } from '../../src/model/event.ts';
import { attemptId, type AttemptId, idFromKey, runId, type UnitId } from '../../src/model/ids.ts';
import type { Spent } from '../../src/model/spent.ts';
import type { UnitState } from '../../src/model/unit.ts';

const run = runId(new Date(0), 'abcd');

/** A run that is told as it goes on: each step records its events, at a time that a test decides, in ms. */
export class ToldRun {
  readonly #told: { readonly at: number; readonly event: Event }[] = [];
  readonly #states = new Map<UnitId, UnitState>();
  #numbers = 0;

  constructor(maxAgents: number, units: Readonly<Record<string, UnitState>>) {
    for (const [key, state] of Object.entries(units)) this.#states.set(idFromKey(key), state);
    const of = { run, branch: 'next', tip: 't', agent: 'script', tier: 'none', units: 2, open: 2 };
    this.tell(0, { type: 'run-started', ...of, maxAgents });
  }

  tell(at: number, event: Event): this {
    this.#told.push({ at, event });
    return this;
  }

  is(at: number, key: string, to: UnitState): this {
    const unit = idFromKey(key);
    const from = this.#states.get(unit) ?? null;
    this.#states.set(unit, to);
    return this.tell(at, { type: 'unit-changed', unit, key, title: key, from, to, why: null });
  }

  /** An order that was given at this time, and ended with the last of its process. */
  agent(at: number, key: string, spent: Spent, attempt: AttemptId = attemptId(idFromKey(key), 1)): this {
    const of = { unit: idFromKey(key), attempt, role: 'builder', name: `${key} ${++this.#numbers}` } as const;
    const session = { ...of, agent: 'script', model: null, round: 0 };
    this.tell(at, { type: 'agent-started', ...session });
    return this.tell(at + sum(spent), {
      ...({ type: 'agent-ended', ...session, outcome: 'finished', usage: noUsage, spent } as const),
    });
  }

  /** A run of a check that was asked for at this time; `isNeeded` tells whether its result was, `number` of which attempt it is. */
  check(at: number, key: string | null, spent: Spent, isNeeded = true, number = 1): this {
    const unit = key === null ? null : idFromKey(key);
    const of = {
      unit,
      attempt: unit && attemptId(unit, number),
      also: [],
      number: ++this.#numbers,
      on: 'base',
    } as const;
    const [end, tookMs] = [at + sum(spent), sum(spent)];
    this.tell(end, { type: 'check-ran', ...of, command: 'true', isStopped: !isNeeded, tookMs, spent });
    return isNeeded ? this.tell(end, { type: 'checks-needed', numbers: [of.number] }) : this;
  }

  /** An attempt came to nothing, or was not accepted. */
  notDone(at: number, key: string, next: Extract<Event, { readonly type: 'not-done' }>['next'], number = 1): this {
    const unit = idFromKey(key);
    const failure = { reason: 'merge-conflict', files: ['f'] } as const;
    return this.tell(at, { type: 'not-done', unit, attempt: attemptId(unit, number), failure, next });
  }

  queue(at: number, key: string, step: 'waits' | 'holds' | 'left'): this {
    const unit = idFromKey(key);
    return this.tell(at, { type: 'merge-queue', unit, attempt: attemptId(unit, 1), step });
  }

  /** All of its events, in the order of their times. */
  end(at: number): RecordedEvent[] {
    this.tell(at, { type: 'run-ended', run, outcome: 'done', exitCode: 0, costMicroUsd: 0 });
    return this.#told
      .toSorted((a, b) => a.at - b.at)
      .map(({ at: when, event }, index) => ({ id: index + 1, at: when, run, event }));
  }
}

const sum = ({ waitedMs, openedMs, ranMs }: Spent): number => waitedMs + openedMs + ranMs;

/** Milliseconds of a job. */
export const spent = (ranMs: number, waitedMs = 0, openedMs = 0, limitedMs?: number): Spent => ({
  ...{ waitedMs, openedMs, ranMs, ...(limitedMs === undefined ? {} : { limitedMs }) },
});
