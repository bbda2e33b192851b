import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { checksText } from '../agents/evidence-text.ts';
import { reviewBrief } from '../agents/brief.ts';
import type { Order, Outcome } from '../model/agent.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { UnitSpec } from '../model/unit.ts';
import { runBudget } from '../queue/budget.ts';
import { findEvidence, recordEvidence } from '../queue/evidence.ts';
import { recordSession } from '../queue/attempts.ts';
import { listHunks, withoutHunk } from '../repo/hunks.ts';
import { diffText, editTree, entryAt, listTree, readTreeFile, writeBlob } from '../repo/tree.ts';
import { openWorkspace } from '../repo/workspace.ts';
import { type Box } from '../sandbox/launcher.ts';
import { sweepMarked } from '../sandbox/sweep.ts';
import { sha256 } from '../util/hash.ts';
import { printable } from '../util/terminal.ts';
import type { CommandEvidence, Court } from '../verify/court.ts';
import { readReview, type Reviewed, reviewSchema } from '../verify/review.ts';
import { countTests } from '../verify/test-counts.ts';
import { testNames } from '../verify/test-names.ts';
import { fromAgent } from './agent-events.ts';
import { handleOf } from './handle.ts';
import { Interrupted } from './interrupted.ts';
import type { Run } from './run.ts';

/** Characters of a command's output that evidence keeps. */
const excerptChars = 4000;

type CheckoutRun = Pick<
  Run,
  'repository' | 'launcher' | 'database' | 'clock' | 'id' | 'cache' | 'mark' | 'settings' | 'kill' | 'trash'
>;

/** Checkouts in which checks run: each made for one command and removed after it, in a place that no agent sees. */
export class Checkouts {
  readonly #run: CheckoutRun;
  readonly #running = new Map<string, Promise<CommandEvidence>>();

  constructor(run: CheckoutRun) {
    this.#run = run;
  }

  /** Gives `action` a fresh checkout of a tree. */
  async with<T>(tree: string, action: (box: Box) => Promise<T>): Promise<T> {
    const name = `judge-${randomBytes(6).toString('hex')}`;
    const folder = path.join(this.#run.cache, name);
    const box: Box = {
      workspace: path.join(folder, 'ws'),
      scratch: path.join(folder, 'scratch'),
      mark: `${this.#run.mark}/${name}`,
    };
    try {
      await openWorkspace(this.#run.repository, { folder: box.workspace, tree });
      await this.#run.launcher.prepare(box);
      return await action(box);
    } finally {
      sweepMarked(box.mark);
      await this.#run.trash.put(folder, (await listTree(this.#run.repository, tree)).length);
    }
  }

  /**
   * Runs a check on a tree. What was green on this very tree is not run again; a red result is only kept for the base
   * and for this run. Two units that ask the same at the same time share one run.
   */
  async check(
    tree: string,
    command: string,
    on: 'base' | 'candidate',
    of: { readonly unit: UnitId | null; readonly attempt: AttemptId | null },
    options: { readonly again?: boolean; readonly onRun?: () => void } = {},
  ): Promise<CommandEvidence> {
    const { database, clock, id, launcher } = this.#run;
    const subject = options.again === true ? `${command} (again)` : command;
    const known = options.again === true ? null : findEvidence(database, tree, command);
    if (known?.kind === 'command' && known.tier === launcher.tier && known.exitCode === 0 && known.testsRun !== 0)
      return { ...known, on };
    const key = `${tree} ${subject}`;
    const other = this.#running.get(key);
    if (other) return { ...(await other), on };
    options.onRun?.();
    const started = this.#execute(tree, command, on);
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

  async #execute(tree: string, command: string, on: 'base' | 'candidate'): Promise<CommandEvidence> {
    const { launcher, settings, kill } = this.#run;
    return this.with(tree, async (box) => {
      // pytest tells its tests by name only when it is asked to.
      const env = { PYTEST_ADDOPTS: '-v' };
      const result = await launcher.run(box, command, { timeoutMs: settings.checkTimeoutMs, signal: kill, env });
      if (kill.aborted) throw new Interrupted({ kind: 'stopped' }); // a check that we ended ourselves says nothing
      const output = printable(result.output);
      const testsRun = countTests(output);
      const names = testNames(output, testsRun);
      return {
        kind: 'command',
        on,
        tree,
        command,
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
    async runCheck(tree, command, on, again = false) {
      const onRun = (): void => void runs++;
      const evidence = await checkouts.check(tree, command, on, { unit: unit.id, attempt }, { again, onRun });
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
    async review(tree, claims) {
      const subject = (claim: string): string => `claim ${unit.id} ${sha256(claim).slice(0, 16)}`;
      const known = claims.map((claim) => findEvidence(run.database, tree, subject(claim)));
      if (known.every((evidence) => evidence?.kind === 'review' && evidence.verdict === 'confirmed')) {
        return known.map((evidence): Reviewed => ({
          evidence: evidence?.kind === 'review' ? evidence : null,
          failure: null,
        }));
      }
      const diff = await diffText(run.repository, it.baseTree, tree);
      const shown = checksText([
        {
          position: 0,
          text: '',
          kind: 'check',
          verdict: 'met',
          role: null,
          note: null,
          failure: null,
          evidence: seen.filter((e) => e.tree === tree || e.tree === it.baseTree),
        },
      ]);
      const outcome = await askReviewer(run, checkouts, it, tree, { claims, diff, evidence: shown });
      const reviewed = await readReview({
        outcome,
        claims,
        tree,
        readFile: (file) => readTreeFile(run.repository, tree, file),
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
  material: { readonly claims: readonly string[]; readonly diff: string; readonly evidence: string },
): Promise<Outcome> {
  const { unit, attempt } = it;
  const cast = run.fleet.cast('reviewer', unit);
  const startedAt = run.clock.now();
  const outcome = await checkouts.with(tree, async (box) => {
    const order: Order = {
      unit: unit.id,
      attempt,
      attemptNumber: it.attemptNumber,
      role: 'reviewer',
      brief: reviewBrief({ unit, ...material, nonce: randomBytes(6).toString('hex') }),
      workspace: handleOf(run.launcher, box),
      access: 'read',
      answerSchema: reviewSchema,
      model: cast.model,
      effort: cast.effort,
      limits: { turns: run.settings.turns, timeMs: run.settings.attemptTimeoutMs, idleMs: run.settings.idleTimeoutMs },
      budget: runBudget(run.database, {
        run: run.id,
        attempt,
        cap: run.settings.budgetCap,
        now: () => run.clock.now(),
      }),
      sessionNumber: it.nextSession(),
      session: null,
    };
    const of = { unit: unit.id, attempt, role: 'reviewer' } as const;
    return cast.agent.work(order, (event) => run.emit(fromAgent(of, event)), run.kill);
  });
  recordSession(run.database, {
    attempt,
    unit: unit.id,
    role: 'reviewer',
    agent: cast.agent.name,
    model: cast.model,
    startedAt,
    endedAt: run.clock.now(),
    usage: outcome.usage,
    outcome: outcome.kind,
  });
  if (run.kill.aborted) throw new Interrupted({ kind: 'stopped' });
  if (outcome.kind === 'limited') throw new Interrupted({ kind: 'limited', until: outcome.until, why: outcome.why });
  if (outcome.kind === 'failed' && outcome.failure.reason === 'budget-spent')
    throw new Interrupted({ kind: 'budget', why: outcome.failure.detail });
  return outcome;
}
