import type { Env } from '../../util/files/home.ts';
import type { Config } from '../../model/config.ts';
import type { Check, CriterionVerdict, Observed } from '../../model/evidence.ts';
import type { AttemptId, RunId, UnitId } from '../../model/ids.ts';
import type { Database } from '../../queue/database.ts';
import { findEvidence, readEvidence, recordEvidence, recordVerdicts } from '../../queue/evidence.ts';
import { atOnce, type Turn } from '../../util/process/turn.ts';
import { bothAborted, onAborted } from '../../util/time/aborted.ts';
import type { Clock } from '../../util/time/clock.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { patience, readOutcome } from '../../verify/runs/outcome.ts';
import type { Trace } from '../../verify/commands/trace.ts';
import { CheckTimes } from './check-times.ts';
import { circumstancesOf } from './circumstances.ts';
import { Recent } from './recent.ts';
import { forget, type Shared, waited } from './shared-run.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import type { Outputs, Written } from '../boxes/outputs.ts';
import { Interrupted } from '../context/interrupted.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import { fromData } from '../jobs/error-data.ts';
import type { Executor } from '../jobs/executor.ts';
import type { CheckJob, NotExecuted, Traced } from '../jobs/job.ts';

/** The parts of a run that checks need; `id` and `outputs` are null outside of one, when nothing is recorded. */
interface CheckoutRun extends Target {
  /** Says where programs are looked for. */
  readonly env: Env;
  readonly executor: Pick<Executor, 'check' | 'setUp' | 'canTrace'>;
  readonly database: Database;
  readonly clock: Clock;
  readonly id: RunId | null;
  readonly config: Config;
  readonly settings: { readonly branch: string; readonly checkTimeoutMs: number };
  readonly outputs: Outputs | null;
  readonly tier: string;
  /** Path patterns that a unit may change. */
  readonly touchesOf: (unit: UnitId) => readonly string[];
}

/** Maximum of failed outputs kept per unit. */
const maxHeld = 8;
/** Tries per check, since its worker may be lost. */
const maxTries = 3;

/** How a run of a check is recorded. */
interface Recorded {
  readonly key: string;
  readonly subject: string;
  readonly again: boolean | 'longer';
  readonly attempt: AttemptId | null;
  readonly number: number;
  readonly also: ReadonlySet<UnitId>;
}

/** Runs checks on trees, each once if possible, and keeps results that count as evidence. */
export class Checkouts {
  readonly #run: CheckoutRun;
  /** Checks in progress; outside of a run also their results on the base. */
  readonly #running = new Map<string, Shared>();
  /** Numbers of the recorded first results on the base in this run; the results themselves may list many test names. */
  readonly #onBase = new Map<string, number>();
  /** Traces in progress, and those that are known. */
  readonly #tracing = new Map<string, Shared<Trace | null>>();
  readonly #traces = new Recent<{ readonly trace: Trace | null }>(maxTracedPaths);
  /** Trees and the checks that failed on them in this run. */
  readonly #red = new Set<string>();
  /** Failed outputs per unit ('' for none) and digest, until it is known which ones explain a verdict. */
  readonly #written = new Map<string, Map<string, Written>>();
  readonly #circumstances: string;
  readonly #times: CheckTimes;

  constructor(run: CheckoutRun) {
    this.#run = run;
    this.#times = new CheckTimes(run);
    this.#circumstances = circumstancesOf(run.config, run.settings.checkTimeoutMs, run.env, run.repository.checkout);
  }

  /** Installs what a tree needs; returns why that failed, else null. Throws as `check` does. */
  async setUp(tree: string): Promise<SetUpFailed | null> {
    const { executor } = this.#run;
    return (await this.#executed((tip) => executor.setUp({ tree, tip }))).failed;
  }

  /**
   * Runs a check on a tree. A passed check is not repeated on the same tree; a failed one is kept only for the base and
   * this run, an unclear one never. Concurrent calls for the same check share one run, which is needed if one of them
   * needs it, and ends once the turns of all of them stop it. Throws an `Interrupted` if we ended the check, or if its
   * sandbox did not start. `onNeeded` is told which run's result was needed, once it is; without it, that is recorded.
   */
  async check(
    tree: string,
    check: Check,
    on: 'base' | 'candidate',
    of: { readonly unit: UnitId | null; readonly attempt: AttemptId | null },
    options: {
      readonly again?: boolean | 'longer';
      readonly onRun?: () => void;
      readonly trace?: (trace: Trace | null) => void;
      readonly turn?: Turn;
      /** Until it aborts, what is needed elsewhere goes first. */
      readonly after?: AbortSignal;
      readonly onNeeded?: (number: number) => void;
    } = {},
  ): Promise<CommandEvidence> {
    const { database, tier } = this.#run;
    const name = nameOf(check);
    const { again = false, turn = atOnce, after } = options;
    const inTurn = after === undefined ? turn : { ...turn, needed: bothAborted(turn.needed, after) };
    const subject = this.#subject(name, again);
    const key = `${tree} ${subject}`;
    const used = (number: number | null): void => {
      const { onNeeded = (one: number): void => this.#times.need(one) } = options;
      if (number !== null) onAborted(turn.needed, () => onNeeded(number)); // perhaps long after it has ended
    };
    const known = again === false && !options.trace ? findEvidence(database, tree, subject) : null;
    if (known?.kind === 'command' && known.tier === tier && readOutcome(known).kind === 'green') {
      used(this.#times.numberOf(key));
      return { ...known, on };
    }
    const recorded = options.trace ? undefined : this.#onBase.get(key);
    const before = recorded === undefined ? null : readEvidence(database, recorded);
    if (before?.kind === 'command') {
      used(this.#times.numberOf(key));
      return { ...before, on };
    }
    const other = options.trace ? undefined : this.#running.get(key);
    if (other) {
      used(other.number);
      if (of.unit !== null) other.also.add(of.unit);
      return { ...(await waited(this.#running, key, other, inTurn)), on };
    }
    options.onRun?.();
    const timeoutMs = this.#run.settings.checkTimeoutMs * (again === 'longer' ? patience : 1);
    const touches = of.unit === null ? [] : this.#run.touchesOf(of.unit);
    const job = { tree, check, on, unit: of.unit, touches, timeoutMs, tier, isTraced: options.trace !== undefined };
    const number = this.#times.next();
    used(number);
    const as = { key, subject, again, attempt: of.attempt, number, also: new Set<UnitId>() };
    const started = this.#start(job, as, options.trace);
    return waited(this.#running, key, started, inTurn);
  }

  /** Starts a run of a check, which records its result. */
  #start(
    job: Omit<CheckJob, 'tip'>,
    as: Recorded & Pick<Shared, 'also'>,
    found: ((trace: Trace | null) => void) | undefined,
  ): Shared {
    const { key, number, also } = as;
    const [needed, stop] = [new AbortController(), new AbortController()];
    // A traced run does not replace an earlier one: different results of one check must be noticed.
    const isFirst = !this.#running.has(key) && !this.#onBase.has(key);
    const run = async (): Promise<CommandEvidence> => {
      let isKept = false;
      try {
        const evidence = await this.#ran(job, as, { needed: needed.signal, stop: stop.signal }, found);
        isKept = this.#recorded(evidence, job, { ...as, isFirst });
        return evidence;
      } finally {
        if (!isKept) forget(this.#running, key, shared);
      }
    };
    const shared: Shared = { needed, stop, users: 0, number, also, ended: run() };
    if (isFirst) this.#running.set(key, shared);
    return shared;
  }

  /** Records a result; true if it is known for as long as this object is. */
  #recorded(
    evidence: CommandEvidence,
    { tree, check, on, unit }: Omit<CheckJob, 'tip'>,
    as: Recorded & { readonly isFirst: boolean },
  ): boolean {
    const { database, clock, id } = this.#run;
    const name = nameOf(check);
    const outcome = readOutcome(evidence).kind;
    if (outcome === 'red') this.#red.add(`${tree} ${name}`);
    if (outcome === 'unclear') return false;
    if (id === null) return on === 'base';
    // The first run and its repetition may end in any order.
    const other = as.again === 'longer' ? null : findEvidence(database, tree, this.#subject(name, !as.again));
    const differs = other?.kind === 'command' && readOutcome(other).kind !== outcome;
    const entry = { at: clock.now(), run: id, unit, attempt: as.attempt } as const;
    const row = recordEvidence(database, { ...entry, subject: as.subject, evidence });
    this.#times.know(as.key, as.number);
    if (as.isFirst && on === 'base') this.#onBase.set(as.key, row);
    if (differs)
      recordEvidence(database, { ...entry, subject: `differs: ${name}`, evidence: { ...evidence, tree: '' } });
    return false;
  }

  async #ran(
    job: Omit<CheckJob, 'tip'>,
    as: Recorded,
    turn: Turn,
    found: (trace: Trace | null) => void = () => {},
  ): Promise<CommandEvidence> {
    const { executor, clock } = this.#run;
    const { unit, on, check } = job;
    const { end, written, trace } = await this.#executed(async (tip) => {
      const askedAt = clock.now();
      const result = await executor.check({ ...job, tip }, turn);
      const spent = 'spent' in result ? result.spent : undefined;
      if (spent !== undefined) {
        const tookMs = clock.now() - askedAt;
        const { attempt, number, also } = as;
        const of = { unit, attempt, also: [...also].filter((other) => other !== unit), number };
        this.#times.ended({ ...of, command: check.command, on, isStopped: result.kind === 'stopped', tookMs, spent });
      }
      return result;
    });
    const evidence = evidenceOf(job, end);
    if (written !== null) this.#hold(job.unit ?? '', evidence.digest, written);
    found(trace === null ? null : traceOf(trace));
    return evidence;
  }

  /** The result of a job, repeated if its worker was lost. Throws an `Interrupted`, or the error. */
  async #executed<R extends { readonly kind: 'ran' }>(execute: (tip: string) => Promise<R | NotExecuted>): Promise<R> {
    const tip = await tipOrHead(this.#run);
    for (let tries = 1; ; tries++) {
      const result = await execute(tip);
      if (result.kind === 'ran') return result;
      if (result.kind === 'stopped') throw new Interrupted({ kind: 'stopped' });
      if (result.kind === 'broken') throw fromData(result.error);
      if (tries >= maxTries) throw new Interrupted({ kind: 'lost', why: result.why });
    }
  }

  /** The key of a check's evidence, which is valid only under the same circumstances. */
  #subject(name: string, again: boolean | 'longer' = false): string {
    const which = again === false ? '' : ` (again${again === 'longer' ? ', longer' : ''})`;
    return `${name}${which} @${this.#circumstances}`;
  }

  /** True if this check failed on this tree earlier in this run. */
  wasRed(tree: string, check: Check): boolean {
    return this.#red.has(`${tree} ${nameOf(check)}`);
  }

  /** True if this check ever gave different results on one tree. */
  everDiffered(check: Check): boolean {
    return findEvidence(this.#run.database, '', `differs: ${nameOf(check)}`) !== null;
  }

  /**
   * Traces a check on a tree, once per run; null where tracing is unavailable. The traced run counts as the check's run on
   * the base. Concurrent calls share it, as those of `check` do.
   */
  async trace(
    tree: string,
    check: Check,
    of: { readonly unit: UnitId | null; readonly attempt: AttemptId | null },
    { onRun, turn = atOnce }: { readonly onRun?: () => void; readonly turn?: Turn } = {},
  ): Promise<Trace | null> {
    if (!this.#run.executor.canTrace) return null;
    const key = `${tree} ${nameOf(check)}`;
    const known = this.#traces.get(key);
    if (known) return known.trace;
    const other = this.#tracing.get(key);
    if (other) return waited(this.#tracing, key, other, turn);
    const [needed, stop] = [new AbortController(), new AbortController()];
    const run = async (): Promise<Trace | null> => {
      try {
        let trace: Trace | null = null;
        const turns = { needed: needed.signal, stop: stop.signal };
        const options = { trace: (found: Trace | null) => void (trace = found), turn: turns };
        await this.check(tree, check, 'base', of, onRun ? { ...options, onRun } : options);
        this.#traces.put(key, { trace }, trace === null ? 1 : pathsOf(trace));
        return trace;
      } finally {
        forget(this.#tracing, key, shared);
      }
    };
    const shared: Shared<Trace | null> = { needed, stop, users: 0, number: 0, also: new Set(), ended: run() };
    this.#tracing.set(key, shared);
    return waited(this.#tracing, key, shared, turn);
  }

  /** The results of these runs were needed. */
  need(numbers: Iterable<number>): void {
    for (const number of numbers) this.#times.need(number);
  }

  /** Records what was needed so far. */
  tellNeeded(): void {
    this.#times.tell();
  }

  /** Records a unit's verdicts. */
  record(unit: UnitId, attempt: AttemptId, criteria: readonly CriterionVerdict[]): void {
    const { database, clock, id } = this.#run;
    if (id === null) throw new Error('Internal error: a verdict outside of a run');
    let checks = 0;
    const kept = criteria.map((criterion): CriterionVerdict => {
      if (criterion.failure === null) return criterion;
      const evidence = criterion.evidence.map((one) =>
        one.kind === 'command' && one.on === 'candidate' ? this.#keep(unit, `${attempt}-check-${++checks}`, one) : one,
      );
      return { ...criterion, evidence };
    });
    this.#letGo(unit);
    this.#times.tell();
    recordVerdicts(database, { at: clock.now(), run: id, unit, attempt, criteria: kept });
  }

  /** Keeps the whole output of a project check that fails on the base commit. */
  keepOutput(evidence: CommandEvidence): CommandEvidence {
    return this.#keep(null, `before-${evidence.digest.slice(0, 12)}`, evidence);
  }

  #hold(unit: string, digest: string, written: Written): void {
    const held = this.#written.get(unit) ?? new Map<string, Written>();
    this.#written.set(unit, held.set(digest, written));
    const [first] = held;
    if (held.size <= maxHeld || first === undefined) return;
    held.delete(first[0]);
    this.#run.outputs?.drop(first[1].spill);
  }

  /** Keeps the whole output of a failed run, if still available, and refers to it in the evidence. */
  #keep(unit: UnitId | null, name: string, evidence: CommandEvidence): CommandEvidence {
    const written = this.#written.get(unit ?? '')?.get(evidence.digest);
    const output = written === undefined ? null : (this.#run.outputs?.keep(name, written) ?? null);
    return output === null ? evidence : { ...evidence, output };
  }

  #letGo(unit: UnitId): void {
    for (const { spill } of this.#written.get(unit)?.values() ?? []) this.#run.outputs?.drop(spill);
    this.#written.delete(unit);
  }
}

/** Maximum of paths in kept traces; older ones are traced again when needed. */
const maxTracedPaths = 500_000;

function traceOf({ probed, opened, executed, modules }: Traced): Trace {
  return {
    probed: new Set(probed),
    opened: new Set(opened),
    executed: new Set(executed),
    modules: new Set(modules),
  };
}

function pathsOf({ probed, opened, executed, modules }: Trace): number {
  return probed.size + opened.size + executed.size + modules.size;
}

/** What was observed of a check, as evidence. What it ran on, and in, is the run's to say, whatever else a result holds. */
function evidenceOf({ tree, check, on, tier }: Omit<CheckJob, 'tip'>, observed: Observed): CommandEvidence {
  const { exitCode, signal, timedOut, durationMs, digest, excerpt, shows, assertions } = observed;
  const { testsRun, testNames, setUpFailed } = observed;
  const { command, cwd, hosts } = check;
  return {
    ...{ kind: 'command', on, tree, command, ...(cwd === '' ? {} : { cwd }), ...(hosts ? { hosts } : {}), tier },
    ...{ exitCode, signal, timedOut, durationMs, digest, excerpt, ...(shows ? { shows } : {}), testsRun },
    ...(assertions ? { assertions } : {}),
    ...(testNames ? { testNames } : {}),
    ...(setUpFailed ? { setUpFailed } : {}),
  };
}

/** A check's name in evidence: its command and folder. */
function nameOf(check: Check): string {
  const where = [...(check.cwd === '' ? [] : [check.cwd]), ...(check.hosts ? [`reaching ${check.hosts.join()}`] : [])];
  return where.length === 0 ? check.command : `${where.join(', ')}: ${check.command}`;
}
