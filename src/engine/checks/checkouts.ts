import type { Check, CriterionVerdict } from '../../model/evidence.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import { findEvidence, readEvidence, recordEvidence, recordVerdicts } from '../../queue/evidence.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { patience, readOutcome } from '../../verify/outcome.ts';
import type { Trace } from '../../verify/trace.ts';
import { type CheckJob, CheckRunner, type RunnerRun } from './check-runner.ts';
import { circumstancesOf } from './circumstances.ts';
import { Recent } from './recent.ts';
import type { Books } from '../context/books.ts';
import type { Scope } from '../context/scope.ts';

type CheckoutRun = RunnerRun &
  Pick<Books, 'database' | 'clock'> & {
    /** Null outside of a run: then nothing is recorded. */
    readonly id: Books['id'] | null;
    readonly settings: Pick<Scope['settings'], 'checkTimeoutMs'>;
  };

/** What checks say of trees: each is run once where that is enough, and what counts of it is kept. */
export class Checkouts {
  readonly #run: CheckoutRun;
  readonly #runner: CheckRunner;
  /** Checks that run now; outside of a run also what they said on the base. */
  readonly #running = new Map<string, Promise<CommandEvidence>>();
  /** What was said on the base first, in this run, as it is recorded: names of all tests are too much to be kept here. */
  readonly #onBase = new Map<string, number>();
  readonly #traces = new Recent<Promise<Trace | null>>(maxTracedPaths);
  /** Trees and checks that were red on them in this run. */
  readonly #red = new Set<string>();
  readonly #circumstances: string;

  constructor(run: CheckoutRun) {
    this.#run = run;
    this.#runner = new CheckRunner(run);
    this.#circumstances = circumstancesOf(
      run.config,
      run.settings.checkTimeoutMs,
      process.env['PATH'] ?? '',
      run.repository.checkout,
    );
  }

  /** Gives `action` a fresh checkout of a tree. */
  readonly with: CheckRunner['with'] = (...args) => this.#runner.with(...args);

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
    const { database, clock, id, launcher } = this.#run;
    const name = nameOf(check);
    const { again = false } = options;
    const subject = this.#subject(name, again);
    const known = again === false && !options.trace ? findEvidence(database, tree, subject) : null;
    if (known?.kind === 'command' && known.tier === launcher.tier && readOutcome(known).kind === 'green')
      return { ...known, on };
    const key = `${tree} ${subject}`;
    const recorded = options.trace ? undefined : this.#onBase.get(key);
    const before = recorded === undefined ? null : readEvidence(database, recorded);
    if (before?.kind === 'command') return { ...before, on };
    const other = options.trace ? undefined : this.#running.get(key);
    if (other) return { ...(await other), on };
    options.onRun?.();
    const timeoutMs = this.#run.settings.checkTimeoutMs * (again === 'longer' ? patience : 1);
    const job: CheckJob = { tree, check, on, unit: of.unit, timeoutMs };
    const started = options.trace === undefined ? this.#runner.run(job) : this.#runner.runTraced(job, options.trace);
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
    if (!this.#runner.canTrace) return null;
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
        one.kind === 'command' && one.on === 'candidate'
          ? this.#runner.keepOutput(unit, `${attempt}-check-${++checks}`, one)
          : one,
      );
      return { ...criterion, evidence };
    });
    this.#runner.release(unit);
    recordVerdicts(database, { at: clock.now(), run: id, unit, attempt, criteria: kept });
  }

  /** Keeps the whole output of a check of the project that fails on the base commit. */
  keepOutput(evidence: CommandEvidence): CommandEvidence {
    return this.#runner.keepOutput(null, `before-${evidence.digest.slice(0, 12)}`, evidence);
  }
}

/** Paths in traces that are kept; what was not asked for lately is traced anew. */
const maxTracedPaths = 500_000;

function pathsOf({ probed, opened, executed, modules }: Trace): number {
  return probed.size + opened.size + executed.size + modules.size;
}

/** A check as evidence names it: its command, and where it runs. */
function nameOf(check: Check): string {
  const where = [...(check.cwd === '' ? [] : [check.cwd]), ...(check.hosts ? [`reaching ${check.hosts.join()}`] : [])];
  return where.length === 0 ? check.command : `${where.join(', ')}: ${check.command}`;
}
