import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Config } from '../../model/config.ts';
import type { Observed } from '../../model/evidence.ts';
import { GitError } from '../../repo/git/git.ts';
import { History } from '../../repo/objects/history.ts';
import { commitTree } from '../../repo/objects/tree.ts';
import type { Box } from '../../sandbox/launcher.ts';
import { Cores } from '../../util/process/cores.ts';
import { atOnce, type Turn } from '../../util/process/turn.ts';
import { sha256 } from '../../util/values/hash.ts';
import { printable } from '../../util/text/printable.ts';
import { excerptOf, failedTestsIn, showing } from '../../verify/runs/excerpt.ts';
import { countTests, tellingLine } from '../../verify/runs/test-counts.ts';
import { testNames } from '../../verify/runs/test-names.ts';
import { type Trace, TraceReader } from '../../verify/commands/trace.ts';
import type { SetUpFailed } from '../boxes/installation.ts';
import { Interrupted } from '../context/interrupted.ts';
import { orDamage } from '../context/machine.ts';
import type { Boxes, OpenedBox } from '../boxes/boxes.ts';
import { networkWith } from '../project/network.ts';
import type { Outputs } from '../boxes/outputs.ts';
import type { Ends } from '../context/run-end.ts';
import type { Target } from '../context/target.ts';
import type { Workplace } from '../boxes/workplace.ts';
import { toData } from './error-data.ts';
import type { JobWork } from './executor.ts';
import type { CheckJob, CheckResult, NotExecuted, SetUpJob, SetUpResult, Traced } from './job.ts';
import { Watch } from './watch.ts';

export interface RunnerTools extends Omit<Workplace, 'outputs' | 'redactor'>, Target, Ends {
  readonly config: Config;
  /** Null: outputs are not kept. */
  readonly outputs: Outputs | null;
}

export type Ran = Omit<Extract<CheckResult, { readonly kind: 'ran' }>, 'kind' | 'spent'>;

/** A check, in the sandbox that there is. */
type CheckOnTree = Omit<CheckJob, 'tier'>;

interface Tracing {
  readonly log: string;
  readonly onStart: (root: string) => void;
}

/** Runs checks, each in a new checkout that no agent can access. */
export class CheckRunner implements Pick<JobWork, 'check' | 'setUp'> {
  readonly #tools: RunnerTools;
  readonly #history: History;
  /** Limits how many checks overlap; null if any number may. */
  readonly #apart: Cores | null;
  /** False if commands cannot be traced. */
  canTrace: boolean;

  constructor(tools: RunnerTools) {
    this.#tools = tools;
    const { checks } = tools.config.limits;
    this.#apart = checks === undefined ? null : new Cores({ slots: checks, look: null, longMs: Infinity });
    this.canTrace = tools.launcher.hasTracer;
    this.#history = new History(tools.repository, path.join(tools.cache, 'history'));
  }

  /** Calls `action` with a new box with a tree, discarded afterwards. */
  async with<T>(
    boxes: Boxes,
    { tree, touches = [] }: { readonly tree: string; readonly touches?: readonly string[] },
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (opened: OpenedBox) => Promise<T>,
  ): Promise<T> {
    this.#tools.end.signal.throwIfAborted();
    const box = this.#box(options);
    try {
      return await action(await boxes.open(box, tree, touches));
    } finally {
      await boxes.discard(box, tree, touches);
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

  async check(job: CheckJob, turn: Turn): Promise<CheckResult> {
    const { tier } = this.#tools.launcher;
    const watch = new Watch();
    return this.orNot(async () => {
      if (tier !== job.tier)
        throw new Interrupted({ kind: 'broken', why: `a worker has the sandbox "${tier}", and the run "${job.tier}"` });
      try {
        return { kind: 'ran', ...(await this.run(job, turn, watch)), spent: watch.spent };
      } catch (error) {
        if (turn.stop.aborted && error === turn.stop.reason) return { kind: 'stopped', spent: watch.spent };
        throw error;
      }
    });
  }

  /** What `work` returns; its errors become results. If git failed, the repository may be damaged. */
  protected async orNot<T>(work: () => Promise<T>): Promise<T | NotExecuted> {
    try {
      return await work();
    } catch (error) {
      const { repository, end } = this.#tools;
      return {
        kind: 'broken',
        error: toData(error instanceof GitError ? await orDamage(error, repository, end.signal) : error),
      };
    }
  }

  /** Installs what a tree needs, then prepares boxes for it. */
  async setUp({ tree }: SetUpJob): Promise<SetUpResult> {
    const { setUp, boxes } = this.#tools;
    return this.orNot(async () => {
      const failed = setUp && (await this.with(boxes, { tree }, {}, (opened) => Promise.resolve(opened.failed)));
      if (failed === null) boxes.stock(tree);
      return { kind: 'ran', failed };
    });
  }

  /**
   * Runs a check when it is its turn. Throws `Interrupted` if we ended it, or its box did not start, and the reason of
   * `turn.stop` once that aborts. If tracing fails, the check runs again untraced, and so do all later ones.
   */
  async run(job: CheckOnTree, turn: Turn = atOnce, watch = new Watch()): Promise<Ran> {
    if (!job.isTraced || !this.canTrace) return this.#run(job, turn, watch, null);
    const log = path.join(this.#tools.cache, `trace-${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(log, '', { mode: 0o600 });
      let root = '';
      const onStart = (inside: string): void => void (root = inside);
      const ran = await this.#tryTraced(job, turn, watch, { log, onStart });
      const reader = new TraceReader(root, path.posix.join(root, job.check.cwd));
      // Line by line: a log may exceed the maximum string length, and must not block others.
      for await (const line of createInterface({ input: createReadStream(log), crlfDelay: Infinity }))
        reader.read(line);
      const trace = reader.end();
      if (ran !== null && (trace !== null || root === '')) return { ...ran, trace: trace && tracedOf(trace) };
      this.canTrace = false;
      if (ran?.written) this.#tools.outputs?.drop(ran.written.spill);
      return await this.#run(job, turn, watch, null);
    } finally {
      await rm(log, { force: true });
    }
  }

  /** Null if the box does not start under the tracer. */
  async #tryTraced(job: CheckOnTree, turn: Turn, watch: Watch, tracing: Tracing): Promise<Ran | null> {
    try {
      return await this.#run(job, turn, watch, tracing);
    } catch (error) {
      if (error instanceof Interrupted && error.reason.kind === 'broken') return null;
      throw error;
    }
  }

  /** A box takes time and space: it is opened only for a command whose turn it is. */
  async #run(job: CheckOnTree, turn: Turn, watch: Watch, tracing: Tracing | null): Promise<Ran> {
    const by = job.unit ?? '';
    const { command } = job.check;
    watch.turn('waitedMs');
    const inTurn = async (onStart: (pid: number) => void): Promise<Ran> => {
      watch.turn('openedMs');
      const started = (pid: number): void => {
        watch.turn('ranMs');
        onStart(pid);
      };
      return this.#inBox(job, turn.stop, watch, tracing, started);
    };
    const run = async (): Promise<Ran> => this.#tools.cores.share(by, inTurn, { turn, command });
    try {
      return await (this.#apart === null ? run() : this.#apart.share(by, run, { turn }));
    } finally {
      watch.turn(null);
    }
  }

  async #inBox(
    job: CheckOnTree,
    stop: AbortSignal,
    watch: Watch,
    tracing: Tracing | null,
    onStart: (pid: number) => void,
  ): Promise<Ran> {
    const { tree, tip, check, on, unit, timeoutMs } = job;
    const { launcher, commandBoxes, end, outputs, config } = this.#tools;
    // Checks without a unit run only before anything else starts.
    (unit === null ? end.closing : end.signal).throwIfAborted();
    const { command, cwd, hosts } = check;
    const network = networkWith(config, hosts ?? []);
    const reach = network === undefined ? {} : { network };
    const history = config.history ? { history: this.#history.store } : {};
    return this.with(commandBoxes, job, { cwd, ...history, ...reach }, async ({ box, failed }) => {
      if (failed) return { end: setUpEnd(failed), written: null, trace: null };
      if (box.history !== undefined) await this.#giveHistory(box, tree, tip);
      // pytest prints test names only with -v.
      const env = { PYTEST_ADDOPTS: '-v' };
      tracing?.onStart(launcher.inside(box, box.workspace));
      const traceTo = tracing === null ? {} : { traceTo: tracing.log };
      const { spill, file: spillTo } = outputs?.place() ?? {};
      const options = {
        timeoutMs,
        signal: AbortSignal.any([end.signal, stop]),
        env,
        onStart,
        keepLine: tellingLine,
        ...traceTo,
        ...(spillTo === undefined ? {} : { spillTo }),
      };
      stop.throwIfAborted();
      const result = await launcher.run(box, command, options);
      watch.turn(null);
      if (spill !== undefined && (end.signal.aborted || stop.aborted)) outputs?.drop(spill);
      for (const signal of [end.signal, stop]) signal.throwIfAborted(); // a check that we ended has no result
      if (result.trouble) throw new Interrupted({ kind: 'broken', why: result.trouble.why }); // it never started
      const output = printable(result.output);
      const told = result.gist === result.output ? output : printable(result.gist);
      const testsRun = countTests(told);
      const names = testNames(told, testsRun);
      const isRed = result.timedOut || result.exitCode !== 0;
      const isKept = isRed && (on === 'candidate' || unit === null);
      if (spill !== undefined && !isKept) outputs?.drop(spill);
      const ended: Observed = {
        exitCode: result.timedOut ? null : result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        durationMs: Math.round(result.durationMs),
        digest: sha256(result.output),
        excerpt: excerptOf(output),
        ...(isRed ? { ...showing(output), ...failedTestsIn(output, launcher.inside(box, box.workspace)) } : {}),
        testsRun,
        ...(names === null ? {} : { testNames: names }),
      };
      return {
        end: ended,
        written: spill !== undefined && isKept ? { output: result.output, spill } : null,
        trace: null,
      };
    });
  }

  /** Makes the tree a commit on the branch's tip in the checkout, with readable history. */
  async #giveHistory(box: Box, tree: string, tip: string): Promise<void> {
    const { repository, launcher } = this.#tools;
    await this.#history.add(tip);
    const gitDir = path.join(box.layers?.upper ?? box.workspace, '.git');
    for (const name of ['objects/info', 'refs/heads']) await mkdir(path.join(gitDir, name), { recursive: true });
    // Only the commit is new, and belongs to the box.
    const options = { tree, parents: [tip], message: 'Work to verify\n' };
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

function tracedOf({ probed, opened, executed, modules }: Trace): Traced {
  return { probed: [...probed], opened: [...opened], executed: [...executed], modules: [...modules] };
}

/** The end of a check that did not run because its set-up failed. */
function setUpEnd(failure: SetUpFailed): Observed {
  const excerpt = `The set-up \`${failure.command}\` failed, so this check did not run:\n${failure.excerpt}`;
  return {
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
