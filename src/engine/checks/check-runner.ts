import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Check } from '../../model/evidence.ts';
import type { UnitId } from '../../model/ids.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { History } from '../../repo/objects/history.ts';
import { commitTree } from '../../repo/objects/tree.ts';
import type { Box } from '../../sandbox/launcher.ts';
import { sha256 } from '../../util/values/hash.ts';
import { printable } from '../../util/text/printable.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { excerptOf, showing } from '../../verify/excerpt.ts';
import { countTests, tellingLine } from '../../verify/test-counts.ts';
import { testNames } from '../../verify/test-names.ts';
import { type Trace, TraceReader } from '../../verify/trace.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import { Interrupted } from '../context/interrupted.ts';
import { Layers } from '../boxes/layers.ts';
import { networkWith } from '../project/network.ts';
import type { Outputs, Written } from '../boxes/outputs.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import type { Workplace } from '../boxes/workplace.ts';

/** Red outputs that are held of a unit at most. */
const maxHeld = 8;

/** What running commands on trees needs of a run. */
export type RunnerRun = Omit<Workplace, 'outputs' | 'redactor'> &
  Target &
  Ends &
  Pick<Scope, 'config'> & {
    readonly settings: Pick<Scope['settings'], 'branch'>;
    /** Null: no output is kept. */
    readonly outputs: Outputs | null;
  };

/** A check on a tree, for a unit or for nobody's. */
export interface CheckJob {
  readonly tree: string;
  readonly check: Check;
  readonly on: 'base' | 'candidate';
  readonly unit: UnitId | null;
  readonly timeoutMs: number;
}

interface Tracing {
  readonly log: string;
  readonly onStart: (root: string) => void;
}

/** Runs checks, each in a checkout that is made for it and removed after it, in a place that no agent sees. */
export class CheckRunner {
  readonly #run: RunnerRun;
  readonly #layers: Layers;
  readonly #history: History;
  /** Red outputs of each unit ('' for nobody's), by their digest, until it is known which of them explain a verdict. */
  readonly #red = new Map<string, Map<string, Written>>();
  /** False where commands cannot be traced. */
  canTrace: boolean;

  constructor(run: RunnerRun) {
    this.#run = run;
    this.canTrace = run.launcher.hasTracer;
    this.#history = new History(run.repository, path.join(run.cache, 'history'));
    this.#layers = new Layers({ ...run, folder: path.join(run.cache, 'layers') });
  }

  /** Gives `action` a fresh checkout of a tree. */
  async with<T>(
    tree: string,
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (box: Box, failed: SetUpFailed | null) => Promise<T>,
    unit: UnitId | null = null,
  ): Promise<T> {
    this.#run.end.signal.throwIfAborted();
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

  /** Where tracing is forbidden, the command did not run as it should: it is run once more, and none is traced again. */
  async runTraced(job: CheckJob, found: (trace: Trace | null) => void): Promise<CommandEvidence> {
    const log = path.join(this.#run.cache, `trace-${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(log, '', { mode: 0o600 });
      let root = '';
      const onStart = (inside: string): void => void (root = inside);
      const evidence = await this.#tryTraced(job, { log, onStart });
      const reader = new TraceReader(root, path.posix.join(root, job.check.cwd));
      // Line by line: a log may be larger than what fits into one text, and others are not to wait for it.
      for await (const line of createInterface({ input: createReadStream(log), crlfDelay: Infinity }))
        reader.read(line);
      const trace = reader.end();
      found(trace);
      if (evidence !== null && (trace !== null || root === '')) return evidence;
      this.canTrace = false;
      return await this.run(job);
    } finally {
      await rm(log, { force: true });
    }
  }

  /** Null where the box does not come up with a tracer around it. */
  async #tryTraced(job: CheckJob, tracing: Tracing): Promise<CommandEvidence | null> {
    try {
      return await this.run(job, tracing);
    } catch (error) {
      if (error instanceof Interrupted && error.reason.kind === 'broken') return null;
      throw error;
    }
  }

  /** Runs it to its end. Throws `Interrupted` when we ended it ourselves, or its box did not start. */
  async run({ tree, check, on, unit, timeoutMs }: CheckJob, tracing: Tracing | null = null): Promise<CommandEvidence> {
    const { launcher, cores, end } = this.#run;
    // What is run for no unit is asked for before anything begins.
    (unit === null ? end.closing : end.signal).throwIfAborted();
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
      const spill = this.#run.outputs?.place();
      const spillTo = spill === undefined ? {} : { spillTo: spill };
      const options = { timeoutMs, signal: end.signal, env, keepLine: tellingLine, ...traceTo, ...spillTo };
      const result = await cores.share(unit ?? '', async () => launcher.run(box, command, options));
      end.signal.throwIfAborted(); // a check that we ended ourselves says nothing
      if (result.trouble) throw new Interrupted({ kind: 'broken', why: result.trouble.why }); // it never began
      const output = printable(result.output);
      const told = result.gist === result.output ? output : printable(result.gist);
      const testsRun = countTests(told);
      const names = testNames(told, testsRun);
      const isRed = result.timedOut || result.exitCode !== 0;
      const digest = sha256(result.output);
      if (spill !== undefined) {
        if (isRed && (on === 'candidate' || unit === null))
          this.#hold(unit ?? '', digest, { output: result.output, spill });
        else this.#run.outputs?.drop(spill);
      }
      return {
        kind: 'command',
        ...of,
        exitCode: result.timedOut ? null : result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        durationMs: Math.round(result.durationMs),
        digest,
        excerpt: excerptOf(output),
        ...(isRed ? showing(output) : {}),
        testsRun,
        ...(names === null ? {} : { testNames: names }),
      };
    });
  }

  #hold(unit: string, digest: string, written: Written): void {
    const held = this.#red.get(unit) ?? new Map<string, Written>();
    this.#red.set(unit, held.set(digest, written));
    const [first] = held;
    if (held.size <= maxHeld || first === undefined) return;
    held.delete(first[0]);
    this.#run.outputs?.drop(first[1].spill);
  }

  /** Keeps the whole output of a red run, where it is still at hand, and names it in its evidence. */
  keepOutput(unit: UnitId | null, name: string, evidence: CommandEvidence): CommandEvidence {
    const written = this.#red.get(unit ?? '')?.get(evidence.digest);
    const output = written === undefined ? null : (this.#run.outputs?.keep(name, written) ?? null);
    return output === null ? evidence : { ...evidence, output };
  }

  /** Lets go of what is held of a unit. */
  release(unit: UnitId | null): void {
    for (const { spill } of this.#red.get(unit ?? '')?.values() ?? []) this.#run.outputs?.drop(spill);
    this.#red.delete(unit ?? '');
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
    const commit = await commitTree({ ...repository, plumbing: gitDir }, options);
    const files = { 'objects/info/alternates': launcher.inside(box, box.history ?? ''), 'refs/heads/work': commit };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(gitDir, name), `${text}\n`);
    const folder = `objects/${commit.slice(0, 2)}`;
    const made = ['', 'objects', 'objects/info', 'refs', 'refs/heads', folder, `${folder}/${commit.slice(2)}`];
    await launcher.own(
      box,
      [...made, ...Object.keys(files)].map((name) => path.join(gitDir, name)),
    );
  }
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
