import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Config } from '../../model/config.ts';
import { History } from '../../repo/objects/history.ts';
import { commitTree } from '../../repo/objects/tree.ts';
import type { Box } from '../../sandbox/launcher.ts';
import { sha256 } from '../../util/values/hash.ts';
import { printable } from '../../util/text/printable.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { excerptOf, showing } from '../../verify/runs/excerpt.ts';
import { countTests, tellingLine } from '../../verify/runs/test-counts.ts';
import { testNames } from '../../verify/runs/test-names.ts';
import { type Trace, TraceReader } from '../../verify/commands/trace.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import { Interrupted } from '../context/interrupted.ts';
import { Layers } from '../boxes/layers.ts';
import { networkWith } from '../project/network.ts';
import type { Outputs } from '../boxes/outputs.ts';
import type { Ends } from '../context/run-end.ts';
import type { Target } from '../context/target.ts';
import type { Workplace } from '../boxes/workplace.ts';
import { toData } from './error-data.ts';
import type { JobWork } from './executor.ts';
import type { CheckJob, CheckResult, NotExecuted, SetUpJob, SetUpResult, Traced } from './job.ts';

/** What commands are run on trees with. */
export interface RunnerTools extends Omit<Workplace, 'outputs' | 'redactor'>, Target, Ends {
  readonly config: Config;
  /** Null: no output is kept. */
  readonly outputs: Outputs | null;
}

/** A check that was run. */
export type Ran = Omit<Extract<CheckResult, { readonly kind: 'ran' }>, 'kind'>;

interface Tracing {
  readonly log: string;
  readonly onStart: (root: string) => void;
}

/** Runs checks, each in a checkout that is made for it and removed after it, in a place that no agent sees. */
export class CheckRunner implements Pick<JobWork, 'check' | 'setUp'> {
  readonly #tools: RunnerTools;
  readonly #layers: Layers;
  readonly #history: History;
  /** False where commands cannot be traced. */
  canTrace: boolean;

  constructor(tools: RunnerTools) {
    this.#tools = tools;
    this.canTrace = tools.launcher.hasTracer;
    this.#history = new History(tools.repository, path.join(tools.cache, 'history'));
    this.#layers = new Layers({ ...tools, folder: path.join(tools.cache, 'layers') });
  }

  /** Gives `action` a fresh checkout of a tree. */
  async with<T>(
    tree: string,
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (box: Box, setUpFailure: SetUpFailed | null) => Promise<T>,
    touches: readonly string[] = [],
  ): Promise<T> {
    this.#tools.end.signal.throwIfAborted();
    const box = this.#box(options);
    try {
      return await action(box, await this.#tools.boxes.open(box, tree, touches));
    } finally {
      await this.#tools.boxes.discard(box, tree);
    }
  }

  /** The same for one command of which only the end is of interest: without copying, where that can be had. */
  async #withLayers<T>(
    { tree, touches }: Pick<CheckJob, 'tree' | 'touches'>,
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (box: Box, setUpFailure: SetUpFailed | null) => Promise<T>,
  ): Promise<T> {
    if (!this.#tools.launcher.canLayer) return this.with(tree, options, action, touches);
    const box = this.#box(options);
    try {
      const opened = await this.#layers.open(box, tree, touches);
      return await ('failed' in opened ? action(box, opened.failed) : action(opened.box, null));
    } finally {
      await this.#tools.boxes.discard(box, null);
      await this.#layers.release(tree, touches);
    }
  }

  #box(options: Pick<Box, 'cwd' | 'history' | 'network'>): Box {
    const name = `judge-${randomBytes(6).toString('hex')}`;
    const folder = path.join(this.#tools.cache, name);
    return {
      workspace: path.join(folder, 'ws'),
      scratch: path.join(folder, 'scratch'),
      mark: `${this.#tools.mark}/${name}`,
      ...options,
    };
  }

  async check(job: CheckJob): Promise<CheckResult> {
    return orNot(async () => ({ kind: 'ran', ...(await this.run(job)) }));
  }

  /** Installs what a tree needs; boxes for it are made ahead then. */
  async setUp({ tree }: SetUpJob): Promise<SetUpResult> {
    const { setUp, boxes } = this.#tools;
    return orNot(async () => {
      const setUpFailure = setUp === null ? null : await this.with(tree, {}, async (_, why) => Promise.resolve(why));
      if (setUpFailure === null) boxes.stock(tree);
      return { kind: 'ran', failed: setUpFailure };
    });
  }

  /**
   * Runs it to its end. Throws `Interrupted` when we ended it ourselves, or its box did not start. Where tracing is
   * forbidden, a command that was to be traced did not run as it should: it is run once more, and none is traced again.
   */
  async run(job: CheckJob): Promise<Ran> {
    if (!job.isTraced || !this.canTrace) return this.#run(job, null);
    const log = path.join(this.#tools.cache, `trace-${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(log, '', { mode: 0o600 });
      let root = '';
      const onStart = (inside: string): void => void (root = inside);
      const ran = await this.#tryTraced(job, { log, onStart });
      const reader = new TraceReader(root, path.posix.join(root, job.check.cwd));
      // Line by line: a log may be larger than what fits into one text, and others are not to wait for it.
      for await (const line of createInterface({ input: createReadStream(log), crlfDelay: Infinity }))
        reader.read(line);
      const trace = reader.end();
      if (ran !== null && (trace !== null || root === '')) return { ...ran, trace: trace && tracedOf(trace) };
      this.canTrace = false;
      if (ran?.written) this.#tools.outputs?.drop(ran.written.spill);
      return await this.#run(job, null);
    } finally {
      await rm(log, { force: true });
    }
  }

  /** Null where the box does not come up with a tracer around it. */
  async #tryTraced(job: CheckJob, tracing: Tracing): Promise<Ran | null> {
    try {
      return await this.#run(job, tracing);
    } catch (error) {
      if (error instanceof Interrupted && error.reason.kind === 'broken') return null;
      throw error;
    }
  }

  async #run(job: CheckJob, tracing: Tracing | null): Promise<Ran> {
    const { tree, tip, check, on, unit, timeoutMs } = job;
    const { launcher, cores, end, outputs, config } = this.#tools;
    // What is run for no unit is asked for before anything begins.
    (unit === null ? end.closing : end.signal).throwIfAborted();
    const { command, cwd, hosts } = check;
    const shown = { ...(cwd === '' ? {} : { cwd }), ...(hosts ? { hosts } : {}) };
    const of = { on, tree, command, ...shown, tier: launcher.tier } as const;
    const network = networkWith(config, hosts ?? []);
    const reach = network === undefined ? {} : { network };
    const history = config.history ? { history: this.#history.store } : {};
    return this.#withLayers(job, { cwd, ...history, ...reach }, async (box, setUpFailure) => {
      if (setUpFailure) return { evidence: { ...setUpEvidence(setUpFailure), ...of }, written: null, trace: null };
      if (box.history !== undefined) await this.#giveHistory(box, tree, tip);
      // pytest tells its tests by name only when it is asked to.
      const env = { PYTEST_ADDOPTS: '-v' };
      tracing?.onStart(launcher.inside(box, box.workspace));
      const traceTo = tracing === null ? {} : { traceTo: tracing.log };
      const spill = outputs?.place();
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
      const isKept = isRed && (on === 'candidate' || unit === null);
      if (spill !== undefined && !isKept) outputs?.drop(spill);
      const evidence: CommandEvidence = {
        kind: 'command',
        ...of,
        exitCode: result.timedOut ? null : result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        durationMs: Math.round(result.durationMs),
        digest: sha256(result.output),
        excerpt: excerptOf(output),
        ...(isRed ? showing(output) : {}),
        testsRun,
        ...(names === null ? {} : { testNames: names }),
      };
      return {
        evidence,
        written: spill !== undefined && isKept ? { output: result.output, spill } : null,
        trace: null,
      };
    });
  }

  /** Puts the tree into the checkout as a commit on the branch's tip, with all that came before to be read. */
  async #giveHistory(box: Box, tree: string, tip: string): Promise<void> {
    const { repository, launcher } = this.#tools;
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

async function orNot<T>(work: () => Promise<T>): Promise<T | NotExecuted> {
  try {
    return await work();
  } catch (error) {
    return { kind: 'broken', error: toData(error) };
  }
}

function tracedOf({ probed, opened, executed, modules }: Trace): Traced {
  return { probed: [...probed], opened: [...opened], executed: [...executed], modules: [...modules] };
}

/** A check that could not run, since what it needs could not be installed. */
function setUpEvidence(failure: SetUpFailed): Omit<CommandEvidence, 'on' | 'tree' | 'command' | 'tier'> {
  const excerpt = `The set-up \`${failure.command}\` failed, so this could not be run:\n${failure.excerpt}`;
  return {
    kind: 'command',
    exitCode: failure.exitCode === 0 ? 1 : failure.exitCode,
    signal: null,
    timedOut: false,
    durationMs: 0,
    digest: sha256(excerpt),
    excerpt,
    testsRun: null,
    setUpFailed: true,
  };
}
