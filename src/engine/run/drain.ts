import { nameOf } from '../../model/event.ts';
import type { RunOutcome } from '../../model/exit-code.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { UnitState } from '../../model/unit.ts';
import { Exclusive } from '../../plan/exclusive.ts';
import type { PlanUnit } from '../../plan/plan-unit.ts';
import { Schedule } from '../../plan/schedule.ts';
import type { AttemptRow } from '../../queue/attempts.ts';
import { openRequests, type Request } from '../../queue/requests.ts';
import { readParked, readPlanned, readUnit, type UnitRow } from '../../queue/units.ts';
import { transition } from '../../queue/transitions.ts';
import type { Deadline } from '../context/deadline.ts';
import { Betting, describeCare } from './betting.ts';
import type { Estimates } from './estimates.ts';
import { planUnit, planUnits } from './planning.ts';
import type { Books } from '../context/books.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';

/** Milliseconds between polls for requests of other processes. */
const tickMs = 250;

/** What the drain needs of a run: no agents, workspaces or judging. */
export type DrainRun = Books &
  Ends &
  Pick<Scope, 'config'> & {
    readonly settings: Pick<
      Scope['settings'],
      'maxAgents' | 'barrier' | 'parallelism' | 'caps' | 'maxUnits' | 'isFailFast'
    >;
  };

/** The callbacks of a drain, which work on started units. */
export interface Hands {
  /** Claims a ready unit; called in a transaction, with no pause since planning. */
  claim(row: UnitRow): AttemptRow;
  /**
   * Brings a claimed unit as far as possible. Resolves once nothing of the attempt is left. If the machine fails, the
   * run's end precedes the unit's return, so nothing more starts.
   */
  drive(row: UnitRow, attempt: AttemptRow): Promise<void>;
  /** Called before each claim. */
  prepare(): Promise<void>;
  /** Applies requests of people, in order. */
  apply(requests: readonly Request[]): Promise<void>;
  /** True if an agent that this unit needs is unusable in this run. */
  isUnusable(row: UnitRow): boolean;
  /** End of the pause of this unit's agent, in ms since the epoch; null for none. */
  pausedUntil(row: UnitRow): number | null;
}

/** The limits of a drain. */
export interface DrainLimits {
  /** When to start nothing more; null for never. */
  readonly deadline: Deadline | null;
  /** Without a deadline: maximum ms of a single wait for parked units; for consecutive waits, three times as long. */
  readonly maxParkMs: number;
  /** True for a unit that may run; others are planned like cancelled ones. */
  readonly isAskedFor: (unit: UnitId) => boolean;
}

/** The end of a drain. */
export interface Drained {
  readonly outcomes: ReadonlySet<RunOutcome>;
  /** When to run again, in ms since the epoch; null if unknown. */
  readonly comeBackAt: number | null;
  /** True for a unit that was not started because `maxUnits` was reached. */
  readonly isLeft: (unit: UnitId) => boolean;
}

/** Drains the queue: starts units until none can start. Throws the run's fatal error. */
export async function drain(run: DrainRun, hands: Hands, limits: DrainLimits, estimates: Estimates): Promise<Drained> {
  const drainer = new Drain(run, hands, limits, estimates);
  return drainer.run();
}

class Drain {
  readonly #run: DrainRun;
  readonly #hands: Hands;
  readonly #limits: DrainLimits;
  readonly #estimates: Estimates;
  readonly #exclusive: Exclusive;
  readonly #schedule: Schedule;
  readonly #betting: Betting;
  /** True while `balanced` acts like `careful`. */
  #isCareful = false;
  readonly #outcomes = new Set<RunOutcome>();
  // By attempt: a unit may be claimed again while its last attempt is cleaned up.
  readonly #active = new Map<AttemptId, Promise<void>>();
  /** Units whose rows changed since they were last planned. */
  readonly #changed = new Set<UnitId>();
  /** Units started in this run. */
  readonly #started = new Set<UnitId>();
  /** Units whose agent's request was refused: they do not run again in this run. */
  readonly #refused = new Set<UnitId>();
  /** Units that wait for their agent's provider, and until when. */
  readonly #pooled = new Map<UnitId, number>();
  /** Parked units, and until when. */
  readonly #parked = new Map<UnitId, number>();
  /** Milliseconds of consecutive waits without any progress. */
  #waitedMs = 0;
  /** End of the last wait. */
  #waitedFor = 0;
  /** Units with only a changed state. */
  readonly #moved = new Map<UnitId, UnitState>();
  /** Time of the last poll, in ms since the epoch. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isEnding = false;
  #wave = 0;
  #wake: () => void = () => {};

  constructor(run: DrainRun, hands: Hands, limits: DrainLimits, estimates: Estimates) {
    this.#run = run;
    this.#hands = hands;
    this.#limits = limits;
    this.#estimates = estimates;
    this.#exclusive = new Exclusive(run.config.exclusive);
    const { maxAgents, barrier, parallelism } = run.settings;
    this.#schedule = new Schedule(this.#units(), { maxAgents, barrier, parallelism, phases: run.config.phases });
    this.#betting = new Betting(run.database, { parallelism, run: run.id, caps: run.settings.caps });
    for (const { unit, until } of readParked(run.database)) this.#park(unit, until);
  }

  *#units(): Generator<PlanUnit> {
    for (const unit of planUnits(this.#run.database, this.#estimates, this.#exclusive)) yield this.#seen(unit);
  }

  /** Units outside of the run are planned like cancelled ones. */
  #seen(unit: PlanUnit): PlanUnit {
    const isOpen = unit.state === 'ready' || unit.state === 'waiting' || unit.state === 'parked';
    return isOpen && !this.#isAskedFor(unit.id) ? { ...unit, state: 'cancelled' } : unit;
  }

  #isAskedFor(unit: UnitId): boolean {
    if (this.#refused.has(unit)) return false;
    return this.#limits.isAskedFor(unit) && (!this.#isFull() || this.#started.has(unit));
  }

  #isFull(): boolean {
    const { maxUnits } = this.#run.settings;
    return maxUnits !== null && this.#started.size >= maxUnits;
  }

  async run(): Promise<Drained> {
    const { database, end, clock } = this.#run;
    const stopListening = database.listen(({ event }) => {
      this.#betting.hear(event);
      if (event.type === 'unit-changed') this.#onChange(event.unit, event.from, event.to);
      else if (event.type === 'unit-paused' || event.type === 'unit-resumed' || event.type === 'overlap')
        this.#changed.add(event.unit); // of an overlap, its row knows more paths
      else if (event.type === 'cap-reached') this.#stop('cap-reached');
      else if (event.type === 'request-refused') this.#onRefused(event.unit, event.isAll);
    });
    const onStop = (): void => this.#wake();
    end.closing.addEventListener('abort', onStop, { once: true });
    let comeBackAt: number | null = null;
    try {
      for (;;) {
        // By the clock, not by sleeps: a busy drain may never sleep.
        if (clock.now() - this.#lookedAt >= tickMs) {
          this.#lookedAt = clock.now();
          await this.#hear();
        }
        this.#unpark(clock.now());
        this.#takeChanges();
        if (!this.#mayStart()) this.#isEnding = true;
        if (!this.#isEnding && this.#schedule.mayStart) {
          await this.#hands.prepare();
          this.#takeChanges();
          if (this.#mayStart()) this.#start();
        }
        if (this.#active.size === 0 && !this.#hasChanges) {
          // Requests made while this run was active were promised to be applied.
          if (await this.#hear()) continue;
          const until = this.#isEnding ? null : this.#soonest();
          if (until === null) break;
          if (!this.#isWorthWaiting(until)) {
            comeBackAt = until;
            this.#outcomes.add('provider-limit');
            break;
          }
        }
        if (!this.#hasChanges) await this.#sleep(); // else a change may let more units start
      }
    } catch (error) {
      if (error !== end.signal.reason) end.come({ kind: 'fatal', error });
    } finally {
      stopListening();
      end.closing.removeEventListener('abort', onStop);
      await Promise.allSettled(this.#active.values());
    }
    if (end.fatal !== null) throw end.fatal.error;
    const isFull = this.#isFull();
    return { outcomes: this.#outcomes, comeBackAt, isLeft: (unit) => isFull && !this.#started.has(unit) };
  }

  /** Applies requests of people; false if there were none. */
  async #hear(): Promise<boolean> {
    const requests = openRequests(this.#run.database);
    if (requests.length > 0) await this.#hands.apply(requests);
    return requests.length > 0;
  }

  #stop(outcome: RunOutcome): void {
    this.#outcomes.add(outcome);
    this.#isEnding = true;
  }

  #onChange(unit: UnitId, from: UnitState | null, to: UnitState): void {
    // A unit that was in progress may have learned touched files, or a time; others only change state.
    const wasOpen = from === 'waiting' || from === 'ready';
    const wasAtWork = from === 'working' || from === 'judging';
    const isAtWork = to === 'working' || to === 'judging';
    if (wasAtWork && to !== 'parked' && to !== 'ready') this.#waitedMs = 0;
    const isMove = to !== 'parked' && (wasOpen || (wasAtWork && (isAtWork || to === 'done')));
    if (isMove && !this.#changed.has(unit)) this.#moved.set(unit, to);
    else this.#changed.add(unit);
    const isBad = to === 'failed' || to === 'blocked' || to === 'quarantined';
    if (isBad && this.#run.settings.isFailFast && this.#started.has(unit)) this.#isEnding = true;
  }

  /** The agent's request was refused, and would be again. */
  #onRefused(unit: UnitId, isAll: boolean): void {
    this.#refused.add(unit);
    this.#changed.add(unit);
    this.#outcomes.add('bad-input');
    if (isAll) this.#isEnding = true;
  }

  #mayStart(): boolean {
    const { deadline } = this.#limits;
    if (this.#isEnding || this.#run.end.closing.aborted) return false;
    return deadline === null || deadline.remainingMs() > 0;
  }

  /** Updates the plan with changes since. */
  #takeChanges(): void {
    for (const id of this.#changed) {
      this.#moved.delete(id);
      const row = readPlanned(this.#run.database, id);
      if (!row || row.state === 'proposed') continue;
      this.#schedule.update(this.#seen(planUnit(row, this.#estimates, this.#exclusive)));
      this.#park(id, row.state === 'parked' ? (readUnit(this.#run.database, id)?.parkedUntil ?? 0) : null);
    }
    for (const [id, state] of this.#moved) {
      const isOpen = state === 'ready' || state === 'waiting';
      this.#schedule.setState(id, isOpen && !this.#isAskedFor(id) ? 'cancelled' : state);
      this.#parked.delete(id);
    }
    this.#changed.clear();
    this.#moved.clear();
  }

  #park(unit: UnitId, until: number | null): void {
    if (until !== null && this.#isAskedFor(unit)) this.#parked.set(unit, until);
    else this.#parked.delete(unit);
  }

  #unpark(now: number): void {
    for (const [unit, until] of this.#pooled) {
      if (until > now) continue;
      this.#pooled.delete(unit);
      this.#changed.add(unit);
    }
    for (const [unit, until] of this.#parked) {
      if (until > now) continue;
      const row = readUnit(this.#run.database, unit);
      if (row?.state !== 'parked') continue;
      const { why, failure } = row;
      const { database, id } = this.#run;
      transition(database, now, id, { unit, to: 'ready', why, failure, parkedUntil: null });
    }
  }

  /** The end of the first wait; null for none. */
  #soonest(): number | null {
    const times = [...this.#parked.values(), ...this.#pooled.values()];
    return times.length === 0 ? null : Math.min(...times);
  }

  get #hasChanges(): boolean {
    return this.#changed.size > 0 || this.#moved.size > 0;
  }

  #isWorthWaiting(until: number): boolean {
    const { deadline, maxParkMs } = this.#limits;
    const now = this.#run.clock.now();
    if (deadline !== null) return until - now < deadline.remainingMs();
    const mostMs = 3 * maxParkMs;
    if (until !== this.#waitedFor) {
      // Long work after a wait ends the series.
      this.#waitedMs = (now - this.#waitedFor > mostMs ? 0 : this.#waitedMs) + until - now;
      this.#waitedFor = until;
    }
    return until - now <= maxParkMs && this.#waitedMs <= mostMs;
  }

  /** Starts a wave: plans, records and claims it in one transaction, without a pause. */
  #start(): void {
    const { database } = this.#run;
    const { maxUnits } = this.#run.settings;
    const fresh = maxUnits === null || this.#isFull() ? undefined : maxUnits - this.#started.size;
    this.#adaptParallelism();
    const planned = this.#schedule.next(fresh);
    if (planned.length === 0) return;
    const rows = planned.flatMap((id) => readUnit(database, id) ?? []);
    const going = rows.filter((row) => this.#isGoing(row));
    if (going.length === 0) return;
    const claimed = database.write(() => {
      const units = going.map((row) => row.spec.id);
      this.#wave++;
      const names = going.map((row) => nameOf(row.spec));
      this.#run.emit({ type: 'wave-started', number: this.#wave, units, names });
      return going.map((row) => ({ row, attempt: this.#hands.claim(row) }));
    });
    if (this.#isFull()) this.#narrow();
    for (const { row, attempt } of claimed) {
      const driven = this.#hands
        .drive(row, attempt)
        .catch((error: unknown) => this.#run.end.come({ kind: 'fatal', error }))
        .finally(() => {
          this.#active.delete(attempt.id);
          this.#wake();
        });
      this.#active.set(attempt.id, driven);
    }
  }

  /** Lets units bet, or not, by what became of earlier bets. */
  #adaptParallelism(): void {
    const care = this.#betting.careAt(this.#run.clock.now());
    this.#schedule.setParallelism(this.#betting.with(care));
    if ((care !== null) === this.#isCareful) return;
    this.#isCareful = care !== null;
    const text =
      care === null ? 'Units run side by side again.' : `Units now run as with "careful": ${describeCare(care)}.`;
    this.#run.emit({ type: 'notice', text });
  }

  /** True if a planned unit starts; otherwise the plan is corrected. */
  #isGoing(row: UnitRow): boolean {
    const { id } = row.spec;
    if (this.#hands.isUnusable(row)) {
      this.#onRefused(id, false);
      return false;
    }
    const until = this.#hands.pausedUntil(row);
    if (until !== null) {
      this.#pooled.set(id, until);
      this.#schedule.setState(id, 'parked');
      return false;
    }
    if (row.state !== 'ready' || !this.#isAskedFor(id)) {
      this.#changed.add(id);
      return false;
    }
    this.#started.add(id);
    return true;
  }

  /** `maxUnits` is reached: the other units do not start any more. */
  #narrow(): void {
    for (const unit of planUnits(this.#run.database, this.#estimates, this.#exclusive))
      this.#schedule.setState(unit.id, this.#seen(unit).state);
  }

  async #sleep(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, tickMs);
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#run.end.closing.aborted && this.#active.size === 0) this.#wake();
    });
  }
}
