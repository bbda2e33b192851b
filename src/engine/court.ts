import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checksText } from '../agents/evidence-text.ts';
import { reviewBrief } from '../agents/brief.ts';
import type { Lens, Order, Outcome } from '../model/agent.ts';
import type { Check, CriterionVerdict } from '../model/evidence.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { UnitSpec } from '../model/unit.ts';
import { findEvidence, recordEvidence, recordVerdicts } from '../queue/evidence.ts';
import { branchRef, readRef } from '../repo/branch.ts';
import type { Repository } from '../repo/repository.ts';
import { listHunks, withoutHunk } from '../repo/hunks.ts';
import { commitTree, diffText, editTree, entryAt, listTree, readTreeFile, writeBlob } from '../repo/tree.ts';
import { type Box } from '../sandbox/launcher.ts';
import { sha256 } from '../util/hash.ts';
import { printable } from '../util/terminal.ts';
import { checkOfUnit, type CommandEvidence, type Court } from '../verify/court.ts';
import { readReview, type Reviewed, reviewSchema } from '../verify/review.ts';
import { countTests } from '../verify/test-counts.ts';
import { testNames } from '../verify/test-names.ts';
import { beginSession } from './sessions.ts';
import { sharedFor } from './shared-brief.ts';
import { limitsOf } from './fleet.ts';
import { handleOf } from './handle.ts';
import { Interrupted } from './interrupted.ts';
import { Layers } from './layers.ts';
import { networkWith } from './network.ts';
import type { Run } from './run.ts';
import type { SetUpFailed } from './set-up.ts';

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
  ): Promise<T> {
    const box = this.#box(options);
    try {
      return await action(box, await this.#run.boxes.open(box, tree));
    } finally {
      await this.#run.boxes.discard(box, tree);
    }
  }

  /** The same for one command of which only the end is of interest: without copying, where that can be had. */
  async #withLayers<T>(
    tree: string,
    options: Pick<Box, 'cwd' | 'history' | 'network'>,
    action: (box: Box, failed: SetUpFailed | null) => Promise<T>,
  ): Promise<T> {
    if (!this.#run.launcher.canLayer) return this.with(tree, options, action);
    const box = this.#box(options);
    try {
      const opened = await this.#layers.open(box, tree);
      return await ('failed' in opened ? action(box, opened.failed) : action(opened.box, null));
    } finally {
      await this.#run.boxes.discard(box, null);
      await this.#layers.release(tree);
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
   * and for this run. Two units that ask the same at the same time share one run.
   */
  async check(
    tree: string,
    check: Check,
    on: 'base' | 'candidate',
    of: { readonly unit: UnitId | null; readonly attempt: AttemptId | null },
    options: { readonly again?: boolean; readonly onRun?: () => void } = {},
  ): Promise<CommandEvidence> {
    const { database, clock, id, launcher } = this.#run;
    const where = [
      ...(check.cwd === '' ? [] : [check.cwd]),
      ...(check.hosts ? [`reaching ${check.hosts.join()}`] : []),
    ];
    const name = where.length === 0 ? check.command : `${where.join(', ')}: ${check.command}`;
    const subject = options.again === true ? `${name} (again)` : name;
    const known = options.again === true ? null : findEvidence(database, tree, subject);
    if (known?.kind === 'command' && known.tier === launcher.tier && known.exitCode === 0 && known.testsRun !== 0)
      return { ...known, on };
    const key = `${tree} ${subject}`;
    const other = this.#running.get(key);
    if (other) return { ...(await other), on };
    options.onRun?.();
    const started = this.#execute(tree, check, on, of.unit ?? '');
    this.#running.set(key, started);
    try {
      const evidence = await started;
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
      if (on === 'candidate') this.#running.delete(key);
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

  async #execute(tree: string, check: Check, on: 'base' | 'candidate', by: string): Promise<CommandEvidence> {
    const { launcher, cores, settings, kill } = this.#run;
    const { command, cwd, hosts } = check;
    const shown = { ...(cwd === '' ? {} : { cwd }), ...(hosts ? { hosts } : {}) };
    const network = networkWith(this.#run.config, hosts ?? []);
    const reach = network === undefined ? {} : { network };
    const history = this.#run.config.history ? historyOf(this.#run.repository) : {};
    return this.#withLayers(tree, { cwd, ...history, ...reach }, async (box, failed) => {
      if (failed) return { ...setUpEvidence(failed), on, tree, command, ...shown, tier: launcher.tier };
      if (box.history !== undefined) await this.#giveHistory(box, tree);
      // pytest tells its tests by name only when it is asked to.
      const env = { PYTEST_ADDOPTS: '-v' };
      const options = { timeoutMs: settings.checkTimeoutMs, signal: kill, env };
      const result = await cores.share(by, async () => launcher.run(box, command, options));
      if (kill.aborted) throw new Interrupted({ kind: 'stopped' }); // a check that we ended ourselves says nothing
      const output = printable(result.output);
      const testsRun = countTests(output);
      const names = testNames(output, testsRun);
      return {
        kind: 'command',
        on,
        tree,
        command,
        ...shown,
        exitCode: result.timedOut ? null : result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        durationMs: Math.round(result.durationMs),
        digest: sha256(result.output),
        excerpt: output.length > excerptChars ? `[…]${output.slice(-excerptChars)}` : output,
        testsRun,
        tier: launcher.tier,
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
  };
}

/** What a court sits over: one attempt of one unit. */
interface Matter {
  readonly unit: UnitSpec;
  readonly attempt: AttemptId;
  readonly attemptNumber: number;
  readonly baseTree: string;
  /** Number of the reviewer's next session in this attempt, from 1. */
  readonly nextSession: () => number;
}

/** The judge's means for one attempt of one unit. */
export function openCourt(run: Run, checkouts: Checkouts, it: Matter): Court {
  const { unit, attempt } = it;
  const seen: CommandEvidence[] = [];
  let runs = 0;
  return {
    async runCheck(tree, check, on, again = false) {
      const onRun = (): void => void runs++;
      const evidence = await checkouts.check(tree, check, on, { unit: unit.id, attempt }, { again, onRun });
      seen.push(evidence);
      return evidence;
    },
    checkRuns: () => runs,
    async withText(tree, file, text, like) {
      const mode = (await entryAt(run.repository, tree, like))?.mode ?? '100644';
      const object = await writeBlob(run.repository, Buffer.from(text));
      return editTree(run.repository, tree, [{ path: file, entry: { mode, object } }]);
    },
    readFile: async (tree, file) => (await readTreeFile(run.repository, tree, file))?.toString('utf8') ?? null,
    listHunks: (before, after, files) => listHunks(run.repository, before, after, files),
    withoutHunk: (before, after, hunk) => withoutHunk(run.repository, before, after, hunk),
    async withFiles(base, from, files) {
      const entries = (await listTree(run.repository, from)).filter((entry) => files.includes(entry.path));
      return editTree(
        run.repository,
        base,
        entries.map((entry) => ({ path: entry.path, entry: { mode: entry.mode, object: entry.object } })),
      );
    },
    isGamingAsked: run.config.review === 'auto' && run.fleet.isReviewerCast,
    async review(tree, lens, claims) {
      const subject = (claim: string): string => `${lens} ${unit.id} ${sha256(claim).slice(0, 16)}`;
      const known = claims.map((claim) => findEvidence(run.database, tree, subject(claim)));
      if (known.every((evidence) => evidence?.kind === 'review' && evidence.verdict === 'confirmed')) {
        return known.map((evidence): Reviewed => ({
          evidence: evidence?.kind === 'review' ? evidence : null,
          failure: null,
          isReproduced: false,
        }));
      }
      const sessionNumber = it.nextSession(); // taken now, so that those asked side by side keep their order
      const diff = await diffText(run.repository, it.baseTree, tree);
      const shown = seen.filter((evidence) => evidence.tree === tree || evidence.tree === it.baseTree);
      const material = { lens, claims, diff, evidence: checksText(shown) };
      const outcome = await askReviewer(run, checkouts, it, tree, sessionNumber, material);
      const reviewed = await readReview({
        outcome,
        claims,
        tree,
        lens,
        readFile: (file) => readTreeFile(run.repository, tree, file),
        async endsRed(command) {
          const of = { unit: unit.id, attempt };
          const end = await checkouts.check(tree, checkOfUnit(unit, command), 'candidate', of);
          return end.exitCode !== 0 && end.exitCode !== null && end.exitCode !== 127;
        },
      });
      for (const [index, { evidence }] of reviewed.entries()) {
        const claim = claims[index];
        if (evidence && claim !== undefined) {
          recordEvidence(run.database, {
            at: run.clock.now(),
            run: run.id,
            unit: unit.id,
            attempt,
            subject: subject(claim),
            evidence,
          });
        }
      }
      return reviewed;
    },
  };
}

async function askReviewer(
  run: Run,
  checkouts: Checkouts,
  it: Matter,
  tree: string,
  sessionNumber: number,
  material: {
    readonly lens: Lens;
    readonly claims: readonly string[];
    readonly diff: string;
    readonly evidence: string;
  },
): Promise<Outcome> {
  const { unit, attempt } = it;
  const cast = run.fleet.cast('reviewer', unit);
  const { name: agent } = cast.agent;
  const shared = await sharedFor(run, unit, cast.agent, it.baseTree);
  const session = beginSession(run, {
    ...{ unit: unit.id, attempt, role: 'reviewer', agent, model: cast.model },
    round: 0,
    number: sessionNumber,
    canHear: false,
  });
  const outcome = await checkouts.with(tree, { cwd: unit.cwd }, async (box) => {
    const order: Order = {
      unit: unit.id,
      attempt,
      attemptNumber: it.attemptNumber,
      role: 'reviewer',
      brief: reviewBrief({ shared, prompt: cast.prompt, unit, ...material, nonce: randomBytes(6).toString('hex') }),
      workspace: handleOf(run, box, unit.id),
      access: 'read',
      answerSchema: reviewSchema,
      model: cast.model,
      effort: cast.effort,
      limits: limitsOf(run, cast),
      tools: cast.tools,
      budget: run.budget({ unit: unit.id, attempt, role: 'reviewer' }),
      takeWords: () => [],
      lens: material.lens,
      sessionNumber,
      session: null,
    };
    return run.readers.add(async () => cast.agent.work(order, (event) => session.hear(event), run.kill));
  });
  session.end(outcome.usage, outcome.kind);
  if (run.kill.aborted) throw new Interrupted({ kind: 'stopped' });
  if (outcome.kind === 'limited') throw new Interrupted({ kind: 'limited', until: outcome.until, why: outcome.why });
  if (outcome.kind === 'failed' && outcome.failure.reason === 'budget-spent')
    throw new Interrupted({ kind: 'budget', why: outcome.failure.detail });
  return outcome;
}
