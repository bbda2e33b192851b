import type { Config } from '../../model/config.ts';
import type { Check, CriterionVerdict } from '../../model/evidence.ts';
import type { AttemptId, RunId, UnitId } from '../../model/ids.ts';
import type { Database } from '../../queue/database.ts';
import { findEvidence, readEvidence, recordEvidence, recordVerdicts } from '../../queue/evidence.ts';
import type { Clock } from '../../util/time/clock.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { patience, readOutcome } from '../../verify/outcome.ts';
import type { Trace } from '../../verify/trace.ts';
import { circumstancesOf } from './circumstances.ts';
import { Recent } from './recent.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import type { Outputs, Written } from '../boxes/outputs.ts';
import type { Env } from '../context/asker.ts';
import { Interrupted } from '../context/interrupted.ts';
import { type Target, tipOrHead } from '../context/target.ts';
import { fromData } from '../jobs/error-data.ts';
import type { Executor } from '../jobs/executor.ts';
import type { CheckJob, NotExecuted, Traced } from '../jobs/job.ts';

/** What checks need of a run; `id` and `outputs` are null outside of one: then nothing is recorded, or kept. */
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
  /** The sandbox tier. */
  readonly tier: string;
  /** Patterns of paths that a unit may change. */
  readonly touchesOf: (unit: UnitId) => readonly string[];
}

/** Red outputs that are held of a unit at most. */
const maxHeld = 8;
/** How often a check is given to a worker: a worker may be lost. */
const maxTries = 3;

/** What checks say of trees: each is run once where that is enough, and what counts of it is kept. */
export class Checkouts {
  readonly #run: CheckoutRun;
  /** Checks that run now; outside of a run also what they said on the base. */
  readonly #running = new Map<string, Promise<CommandEvidence>>();
  /** What was said on the base first, in this run, as it is recorded: names of all tests are too much to be kept here. */
  readonly #onBase = new Map<string, number>();
  readonly #traces = new Recent<Promise<Trace | null>>(maxTracedPaths);
  /** Trees and checks that were red on them in this run. */
  readonly #red = new Set<string>();
  /** Red outputs of each unit ('' for nobody's), by their digest, until it is known which of them explain a verdict. */
  readonly #written = new Map<string, Map<string, Written>>();
  readonly #circumstances: string;

  constructor(run: CheckoutRun) {
    this.#run = run;
    this.#circumstances = circumstancesOf(run.config, run.settings.checkTimeoutMs, run.env, run.repository.checkout);
  }

  /** Installs what a tree needs; returns why that failed, else null. Throws what `check` throws. */
  async setUp(tree: string): Promise<SetUpFailed | null> {
    const { executor } = this.#run;
    return (await this.#executed((tip) => executor.setUp({ tree, tip }))).failed;
  }

  /**
   * Runs a check on a tree. What was green on this very tree is not run again; a red result is only kept for the base
   * and for this run, and an end that says nothing is not kept at all. Two units that ask the same at the same time
   * share one run. Throws `Interrupted` when we ended the check ourselves, or its box did not start.
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
    } = {},
  ): Promise<CommandEvidence> {
    const { database, clock, id, tier } = this.#run;
    const name = nameOf(check);
    const { again = false } = options;
    const subject = this.#subject(name, again);
    const known = again === false && !options.trace ? findEvidence(database, tree, subject) : null;
    if (known?.kind === 'command' && known.tier === tier && readOutcome(known).kind === 'green')
      return { ...known, on };
    const key = `${tree} ${subject}`;
    const recorded = options.trace ? undefined : this.#onBase.get(key);
    const before = recorded === undefined ? null : readEvidence(database, recorded);
    if (before?.kind === 'command') return { ...before, on };
    const other = options.trace ? undefined : this.#running.get(key);
    if (other) return { ...(await other), on };
    options.onRun?.();
    const timeoutMs = this.#run.settings.checkTimeoutMs * (again === 'longer' ? patience : 1);
    const touches = of.unit === null ? [] : this.#run.touchesOf(of.unit);
    const job = { tree, check, on, unit: of.unit, touches, timeoutMs, isTraced: options.trace !== undefined };
    const started = this.#ran(job, options.trace);
    // A run that is made to be traced replaces none that was made before: two ends of one check are to be noticed.
    const isFirst = !this.#running.has(key) && !this.#onBase.has(key);
    if (isFirst) this.#running.set(key, started);
    let isKept = false;
    try {
      const evidence = await started;
      const outcome = readOutcome(evidence).kind;
      const isClear = outcome !== 'unclear';
      isKept = isClear && on === 'base' && id === null;
      const first = again === true ? findEvidence(database, tree, this.#subject(name)) : null;
      const differs = isClear && first?.kind === 'command' && readOutcome(first).kind !== outcome;
      if (outcome === 'red') this.#red.add(`${tree} ${name}`);
      if (isClear && id !== null) {
        const entry = { at: clock.now(), run: id, unit: of.unit, attempt: of.attempt } as const;
        const number = recordEvidence(database, { ...entry, subject, evidence });
        if (isFirst && on === 'base') this.#onBase.set(key, number);
        if (differs)
          recordEvidence(database, { ...entry, subject: `differs: ${name}`, evidence: { ...evidence, tree: '' } });
      }
      return evidence;
    } finally {
      if (isFirst && !isKept) this.#running.delete(key);
    }
  }

  async #ran(job: Omit<CheckJob, 'tip'>, found: (trace: Trace | null) => void = () => {}): Promise<CommandEvidence> {
    const { executor } = this.#run;
    const { evidence, written, trace } = await this.#executed((tip) => executor.check({ ...job, tip }));
    if (written !== null) this.#hold(job.unit ?? '', evidence.digest, written);
    found(trace === null ? null : traceOf(trace));
    return evidence;
  }

  /** The result of a job, which is given again where its worker was lost. Throws `Interrupted`, or what went wrong. */
  async #executed<R extends { readonly kind: 'ran' }>(execute: (tip: string) => Promise<R | NotExecuted>): Promise<R> {
    const tip = await tipOrHead(this.#run);
    for (let tries = 1; ; tries++) {
      const result = await execute(tip);
      if (result.kind === 'ran') return result;
      if (result.kind === 'stopped') throw new Interrupted({ kind: 'stopped' });
      if (result.kind === 'broken') throw fromData(result.error);
      if (tries >= maxTries) throw new Interrupted({ kind: 'broken', why: result.why });
    }
  }

  /** What evidence of a check is kept under: under other circumstances it says nothing. */
  #subject(name: string, again: boolean | 'longer' = false): string {
    const which = again === false ? '' : ` (again${again === 'longer' ? ', longer' : ''})`;
    return `${name}${which} @${this.#circumstances}`;
  }

  /** True when this check was red on this very tree before, in this run. */
  wasRed(tree: string, check: Check): boolean {
    return this.#red.has(`${tree} ${nameOf(check)}`);
  }

  /** True when this check ever gave two results on one and the same tree. */
  everDiffered(check: Check): boolean {
    return findEvidence(this.#run.database, '', `differs: ${nameOf(check)}`) !== null;
  }

  /**
   * What a check looks for and opens on a tree, once for each of them in a run; null where that cannot be seen. The run
   * that is traced counts as the check's run on the base.
   */
  async trace(
    tree: string,
    check: Check,
    of: { readonly unit: UnitId | null; readonly attempt: AttemptId | null },
    onRun: () => void,
  ): Promise<Trace | null> {
    if (!this.#run.executor.canTrace) return null;
    const key = `${tree} ${nameOf(check)}`;
    let trace = this.#traces.get(key);
    if (!trace) {
      trace = (async () => {
        let seen: Trace | null = null;
        await this.check(tree, check, 'base', of, { onRun, trace: (found) => void (seen = found) });
        return seen;
      })();
      this.#traces.put(key, trace, 1);
      trace.then(
        (found) => this.#traces.put(key, Promise.resolve(found), found === null ? 1 : pathsOf(found)),
        () => this.#traces.delete(key),
      );
    }
    return trace;
  }

  /** Records what follows from the evidence for a unit. */
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
    recordVerdicts(database, { at: clock.now(), run: id, unit, attempt, criteria: kept });
  }

  /** Keeps the whole output of a check of the project that fails on the base commit. */
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

  /** Keeps the whole output of a red run, where it is still at hand, and names it in its evidence. */
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

/** Paths in traces that are kept; what was not asked for lately is traced anew. */
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

/** A check as evidence names it: its command, and where it runs. */
function nameOf(check: Check): string {
  const where = [...(check.cwd === '' ? [] : [check.cwd]), ...(check.hosts ? [`reaching ${check.hosts.join()}`] : [])];
  return where.length === 0 ? check.command : `${where.join(', ')}: ${check.command}`;
}
