import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Check, CriterionVerdict } from '../model/evidence.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import { findEvidence, recordEvidence, recordVerdicts } from '../queue/evidence.ts';
import { branchRef, readRef } from '../repo/branch.ts';
import type { Repository } from '../repo/repository.ts';
import { commitTree } from '../repo/tree.ts';
import type { Box } from '../sandbox/launcher.ts';
import { sha256 } from '../util/hash.ts';
import { printable } from '../util/terminal.ts';
import type { CommandEvidence } from '../verify/court.ts';
import { countTests } from '../verify/test-counts.ts';
import { patience, readOutcome } from '../verify/outcome.ts';
import { testNames } from '../verify/test-names.ts';
import { Interrupted } from './interrupted.ts';
import { Layers } from './layers.ts';
import { networkWith } from './network.ts';
import type { Run } from './run.ts';
import type { SetUpFailed } from './installation.ts';

function historyOf(repository: Repository): Pick<Box, 'history'> {
  return { history: path.join(repository.gitDir, 'objects') };
}

/** Characters of a command's output that evidence keeps. */
const excerptChars = 4000;

type CheckoutRun = Pick<
  Run,
  | 'config'
  | 'repository'
  | 'launcher'
  | 'cores'
  | 'database'
  | 'clock'
  | 'id'
  | 'cache'
  | 'mark'
  | 'kill'
  | 'boxes'
  | 'setUp'
> & { readonly settings: Pick<Run['settings'], 'branch' | 'checkTimeoutMs'> };

/** Checkouts in which checks run: each made for one command and removed after it, in a place that no agent sees. */
export class Checkouts {
  readonly #run: CheckoutRun;
  readonly #layers: Layers;
  readonly #running = new Map<string, Promise<CommandEvidence>>();

  constructor(run: CheckoutRun) {
    this.#run = run;
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
    options: { readonly again?: boolean | 'longer'; readonly onRun?: () => void } = {},
  ): Promise<CommandEvidence> {
    const { database, clock, id, launcher } = this.#run;
    const where = [
      ...(check.cwd === '' ? [] : [check.cwd]),
      ...(check.hosts ? [`reaching ${check.hosts.join()}`] : []),
    ];
    const name = where.length === 0 ? check.command : `${where.join(', ')}: ${check.command}`;
    const { again = false } = options;
    const subject = again === false ? name : `${name} (again${again === 'longer' ? ', longer' : ''})`;
    const known = again === false ? findEvidence(database, tree, subject) : null;
    if (known?.kind === 'command' && known.tier === launcher.tier && readOutcome(known).kind === 'green')
      return { ...known, on };
    const key = `${tree} ${subject}`;
    const other = this.#running.get(key);
    if (other) return { ...(await other), on };
    options.onRun?.();
    const timeoutMs = this.#run.settings.checkTimeoutMs * (again === 'longer' ? patience : 1);
    const started = this.#execute(tree, check, on, of.unit, timeoutMs);
    this.#running.set(key, started);
    let isKept = false;
    try {
      const evidence = await started;
      const isClear = readOutcome(evidence).kind !== 'unclear';
      isKept = isClear && on === 'base';
      if (isClear)
        recordEvidence(database, {
          at: clock.now(),
          run: id,
          unit: of.unit,
          attempt: of.attempt,
          subject,
          evidence,
        });
      return evidence;
    } finally {
      if (!isKept) this.#running.delete(key);
    }
  }

  /** Puts the tree into the checkout as a commit on the branch's tip, with all that came before to be read. */
  async #giveHistory(box: Box, tree: string): Promise<void> {
    const { repository, launcher, settings } = this.#run;
    const tip = (await readRef(repository, branchRef(settings.branch))) ?? repository.head;
    const commit = await commitTree(repository, { tree, parents: [tip], message: 'What is judged\n' });
    const gitDir = path.join(box.layers?.upper ?? box.workspace, '.git');
    for (const name of ['objects/info', 'refs/heads']) await mkdir(path.join(gitDir, name), { recursive: true });
    const files = { 'objects/info/alternates': launcher.inside(box, box.history ?? ''), 'refs/heads/work': commit };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(gitDir, name), `${text}\n`);
    const made = ['', 'objects', 'objects/info', 'refs', 'refs/heads'].map((name) => path.join(gitDir, name));
    await launcher.own(box, [...made, ...Object.keys(files).map((f) => path.join(gitDir, f))]);
  }

  /** Records what follows from the evidence for a unit. */
  record(unit: UnitId, attempt: AttemptId, criteria: readonly CriterionVerdict[]): void {
    const { database, clock, id } = this.#run;
    recordVerdicts(database, { at: clock.now(), run: id, unit, attempt, criteria });
  }

  async #execute(
    tree: string,
    check: Check,
    on: 'base' | 'candidate',
    unit: UnitId | null,
    timeoutMs: number,
  ): Promise<CommandEvidence> {
    const { launcher, cores, kill } = this.#run;
    const { command, cwd, hosts } = check;
    const shown = { ...(cwd === '' ? {} : { cwd }), ...(hosts ? { hosts } : {}) };
    const of = { on, tree, command, ...shown, tier: launcher.tier } as const;
    const network = networkWith(this.#run.config, hosts ?? []);
    const reach = network === undefined ? {} : { network };
    const history = this.#run.config.history ? historyOf(this.#run.repository) : {};
    return this.#withLayers(tree, unit, { cwd, ...history, ...reach }, async (box, failed) => {
      if (failed) return { ...setUpEvidence(failed), ...of };
      if (box.history !== undefined) await this.#giveHistory(box, tree);
      // pytest tells its tests by name only when it is asked to.
      const env = { PYTEST_ADDOPTS: '-v' };
      const options = { timeoutMs, signal: kill, env };
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
