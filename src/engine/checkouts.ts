import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Check, CriterionVerdict } from '../model/evidence.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import { findEvidence, recordEvidence, recordVerdicts } from '../queue/evidence.ts';
import { branchRef, readRef } from '../repo/branch.ts';
import { History } from '../repo/history.ts';
import { commitTree } from '../repo/tree.ts';
import type { Box } from '../sandbox/launcher.ts';
import { sha256 } from '../util/hash.ts';
import { printable } from '../util/terminal.ts';
import type { CommandEvidence } from '../verify/court.ts';
import { countTests } from '../verify/test-counts.ts';
import { patience, readOutcome } from '../verify/outcome.ts';
import { testNames } from '../verify/test-names.ts';
import { readTrace, type Trace } from '../verify/trace.ts';
import { circumstancesOf } from './circumstances.ts';
import { Interrupted } from './interrupted.ts';
import { Layers } from './layers.ts';
import { networkWith } from './network.ts';
import type { Run } from './run.ts';
import type { SetUpFailed } from './installation.ts';

/** Characters of a command's output that evidence keeps. */
const excerptChars = 4000;

type CheckoutRun = Pick<
  Run,
  'config' | 'repository' | 'launcher' | 'cores' | 'database' | 'clock' | 'cache' | 'mark' | 'kill' | 'boxes' | 'setUp'
> & {
  /** Null outside of a run: then nothing is recorded. */
  readonly id: Run['id'] | null;
  readonly settings: Pick<Run['settings'], 'branch' | 'checkTimeoutMs'>;
};

/** Checkouts in which checks run: each made for one command and removed after it, in a place that no agent sees. */
export class Checkouts {
  readonly #run: CheckoutRun;
  readonly #layers: Layers;
  readonly #running = new Map<string, Promise<CommandEvidence>>();
  readonly #traces = new Map<string, Promise<Trace | null>>();
  /** Trees and checks that were red on them in this run. */
  readonly #red = new Set<string>();
  readonly #history: History;
  readonly #circumstances: string;
  #canTrace: boolean;

  constructor(run: CheckoutRun) {
    this.#run = run;
    this.#canTrace = run.launcher.hasTracer;
    this.#history = new History(run.repository, path.join(run.cache, 'history'));
    this.#circumstances = circumstancesOf(run.config, run.settings.checkTimeoutMs, process.env['PATH'] ?? '');
    this.#layers = new Layers({ ...run, folder: path.join(run.cache, 'layers') });
  }

  /** Gives `action` a fresh checkout of a tree. */
  async with<T>(
    tree: string,
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (box: Box, failed: SetUpFailed | null) => Promise<T>,
    unit: UnitId | null = null,
  ): Promise<T> {
    const box = this.#box(options);
    try {
      return await action(box, await this.#run.boxes.open(box, tree, unit));
    } finally {
      await this.#run.boxes.discard(box, tree);
    }
  }

  /** The same for one command of which only the end is of interest: without copying, where that can be had. */
  async #withLayers<T>(
    tree: string,
    unit: UnitId | null,
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (box: Box, failed: SetUpFailed | null) => Promise<T>,
  ): Promise<T> {
    if (!this.#run.launcher.canLayer) return this.with(tree, options, action, unit);
    const box = this.#box(options);
    try {
      const opened = await this.#layers.open(box, tree, unit);
      return await ('failed' in opened ? action(box, opened.failed) : action(opened.box, null));
    } finally {
      await this.#run.boxes.discard(box, null);
      await this.#layers.release(tree, unit);
    }
  }

  #box(options: Pick<Box, 'cwd' | 'history' | 'network'>): Box {
    const name = `judge-${randomBytes(6).toString('hex')}`;
    const folder = path.join(this.#run.cache, name);
    return {
      workspace: path.join(folder, 'ws'),
      scratch: path.join(folder, 'scratch'),
      mark: `${this.#run.mark}/${name}`,
      ...options,
    };
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
    const { database, clock, id, launcher } = this.#run;
    const name = nameOf(check);
    const { again = false } = options;
    const subject = this.#subject(name, again);
    const known = again === false && !options.trace ? findEvidence(database, tree, subject) : null;
    if (known?.kind === 'command' && known.tier === launcher.tier && readOutcome(known).kind === 'green')
      return { ...known, on };
    const key = `${tree} ${subject}`;
    const other = options.trace ? undefined : this.#running.get(key);
    if (other) return { ...(await other), on };
    options.onRun?.();
    const timeoutMs = this.#run.settings.checkTimeoutMs * (again === 'longer' ? patience : 1);
    const started =
      options.trace === undefined
        ? this.#execute(tree, check, on, of.unit, timeoutMs)
        : this.#executeTraced(tree, check, of.unit, timeoutMs, options.trace);
    this.#running.set(key, started);
    let isKept = false;
    try {
      const evidence = await started;
      const outcome = readOutcome(evidence).kind;
      const isClear = outcome !== 'unclear';
      isKept = isClear && on === 'base';
      const first = again === true ? findEvidence(database, tree, this.#subject(name)) : null;
      const differs = isClear && first?.kind === 'command' && readOutcome(first).kind !== outcome;
      if (outcome === 'red') this.#red.add(`${tree} ${name}`);
      if (isClear && id !== null) {
        const entry = { at: clock.now(), run: id, unit: of.unit, attempt: of.attempt } as const;
        recordEvidence(database, { ...entry, subject, evidence });
        if (differs)
          recordEvidence(database, { ...entry, subject: `differs: ${name}`, evidence: { ...evidence, tree: '' } });
      }
      return evidence;
    } finally {
      if (!isKept) this.#running.delete(key);
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
    if (!this.#canTrace) return null;
    const key = `${tree} ${nameOf(check)}`;
    let trace = this.#traces.get(key);
    if (!trace) {
      trace = (async () => {
        let seen: Trace | null = null;
        await this.check(tree, check, 'base', of, { onRun, trace: (found) => void (seen = found) });
        return seen;
      })();
      this.#traces.set(key, trace);
      trace.catch(() => this.#traces.delete(key));
    }
    return trace;
  }

  /** Puts the tree into the checkout as a commit on the branch's tip, with all that came before to be read. */
  async #giveHistory(box: Box, tree: string): Promise<void> {
    const { repository, launcher, settings } = this.#run;
    const tip = (await readRef(repository, branchRef(settings.branch))) ?? repository.head;
    await this.#history.add(tip);
    const gitDir = path.join(box.layers?.upper ?? box.workspace, '.git');
    for (const name of ['objects/info', 'refs/heads']) await mkdir(path.join(gitDir, name), { recursive: true });
    // The tree is there; only the commit is new, and it is the box's own.
    const options = { tree, parents: [tip], message: 'What is judged\n' };
    const commit = await commitTree({ ...repository, gitDir }, options);
    const files = { 'objects/info/alternates': launcher.inside(box, box.history ?? ''), 'refs/heads/work': commit };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(gitDir, name), `${text}\n`);
    const folder = `objects/${commit.slice(0, 2)}`;
    const made = ['', 'objects', 'objects/info', 'refs', 'refs/heads', folder, `${folder}/${commit.slice(2)}`];
    await launcher.own(
      box,
      [...made, ...Object.keys(files)].map((name) => path.join(gitDir, name)),
    );
  }

  /** Records what follows from the evidence for a unit. */
  record(unit: UnitId, attempt: AttemptId, criteria: readonly CriterionVerdict[]): void {
    const { database, clock, id } = this.#run;
    if (id === null) throw new Error('Internal error: a verdict outside of a run');
    recordVerdicts(database, { at: clock.now(), run: id, unit, attempt, criteria });
  }

  /** Where tracing is forbidden, the command did not run as it should: it is run once more, and none is traced again. */
  async #executeTraced(
    tree: string,
    check: Check,
    unit: UnitId | null,
    timeoutMs: number,
    found: (trace: Trace | null) => void,
  ): Promise<CommandEvidence> {
    const log = path.join(this.#run.cache, `trace-${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(log, '', { mode: 0o600 });
      let root = '';
      const onStart = (inside: string): void => void (root = inside);
      const evidence = await this.#tryTraced(tree, check, unit, timeoutMs, { log, onStart });
      const trace = readTrace(await readFile(log, 'utf8'), root, path.posix.join(root, check.cwd));
      found(trace);
      if (evidence !== null && (trace !== null || root === '')) return evidence;
      this.#canTrace = false;
      return await this.#execute(tree, check, 'base', unit, timeoutMs);
    } finally {
      await rm(log, { force: true });
    }
  }

  /** Null where the box does not come up with a tracer around it. */
  async #tryTraced(
    tree: string,
    check: Check,
    unit: UnitId | null,
    timeoutMs: number,
    tracing: { readonly log: string; readonly onStart: (root: string) => void },
  ): Promise<CommandEvidence | null> {
    try {
      return await this.#execute(tree, check, 'base', unit, timeoutMs, tracing);
    } catch (error) {
      if (error instanceof Interrupted && error.reason.kind === 'broken') return null;
      throw error;
    }
  }

  async #execute(
    tree: string,
    check: Check,
    on: 'base' | 'candidate',
    unit: UnitId | null,
    timeoutMs: number,
    tracing: { readonly log: string; readonly onStart: (root: string) => void } | null = null,
  ): Promise<CommandEvidence> {
    const { launcher, cores, kill } = this.#run;
    const { command, cwd, hosts } = check;
    const shown = { ...(cwd === '' ? {} : { cwd }), ...(hosts ? { hosts } : {}) };
    const of = { on, tree, command, ...shown, tier: launcher.tier } as const;
    const network = networkWith(this.#run.config, hosts ?? []);
    const reach = network === undefined ? {} : { network };
    const history = this.#run.config.history ? { history: this.#history.store } : {};
    return this.#withLayers(tree, unit, { cwd, ...history, ...reach }, async (box, failed) => {
      if (failed) return { ...setUpEvidence(failed), ...of };
      if (box.history !== undefined) await this.#giveHistory(box, tree);
      // pytest tells its tests by name only when it is asked to.
      const env = { PYTEST_ADDOPTS: '-v' };
      tracing?.onStart(launcher.inside(box, box.workspace));
      const traceTo = tracing === null ? {} : { traceTo: tracing.log };
      const options = { timeoutMs, signal: kill, env, ...traceTo };
      const result = await cores.share(unit ?? '', async () => launcher.run(box, command, options));
      if (kill.aborted) throw new Interrupted({ kind: 'stopped' }); // a check that we ended ourselves says nothing
      if (result.trouble) throw new Interrupted({ kind: 'broken', why: result.trouble.why }); // it never began
      const output = printable(result.output);
      const testsRun = countTests(output);
      const names = testNames(output, testsRun);
      return {
        kind: 'command',
        ...of,
        exitCode: result.timedOut ? null : result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        durationMs: Math.round(result.durationMs),
        digest: sha256(result.output),
        excerpt: output.length > excerptChars ? `[…]${output.slice(-excerptChars)}` : output,
        testsRun,
        ...(names === null ? {} : { testNames: names }),
      };
    });
  }
}

/** A check as evidence names it: its command, and where it runs. */
function nameOf(check: Check): string {
  const where = [...(check.cwd === '' ? [] : [check.cwd]), ...(check.hosts ? [`reaching ${check.hosts.join()}`] : [])];
  return where.length === 0 ? check.command : `${where.join(', ')}: ${check.command}`;
}

/** A check that could not run, since what it needs could not be installed. */
function setUpEvidence(failed: SetUpFailed): Omit<CommandEvidence, 'on' | 'tree' | 'command' | 'tier'> {
  const excerpt = `The set-up \`${failed.command}\` failed, so this could not be run:\n${failed.excerpt}`;
  return {
    kind: 'command',
    exitCode: failed.exitCode === 0 ? 1 : failed.exitCode,
    signal: null,
    timedOut: false,
    durationMs: 0,
    digest: sha256(excerpt),
    excerpt,
    testsRun: null,
    setUpFailed: true,
  };
}
