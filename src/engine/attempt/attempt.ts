import path from 'node:path';
import { notTheirs, theirError } from '../../agents/provider/their-error.ts';
import type { Agent, AgentEvent, Brief, Budget, Effort, Followup, Order, Role, Usage } from '../../model/agent.ts';
import { noUsage } from '../../model/agent.ts';
import type { Failure, ForbiddenTree } from '../../model/failure.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import { GitError } from '../../repo/git/git.ts';
import { type Forbidden, harvest } from '../../repo/worktrees/harvest.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { commitTree, editTree, treeOf, writeBlob } from '../../repo/objects/tree.ts';
import type { Boxes } from '../boxes/boxes.ts';
import type { Box, Launcher } from '../../sandbox/launcher.ts';
import { keepWork } from '../project/kept-work.ts';
import { handleOf } from '../boxes/handle.ts';
import { machineError, orDamage, troubleIn } from '../context/machine.ts';
import type { Outputs } from '../boxes/outputs.ts';
import type { Cores } from '../../util/process/cores.ts';
import { failpoint } from '../../util/failpoint.ts';
import type { Redactor } from '../../util/text/redact.ts';
import { researchSchema } from '../crew/research.ts';
import { sweepMarked } from '../../sandbox/sweep.ts';
import type { Network } from '../../sandbox/tier.ts';
import { opensByName } from '../../verify/protect.ts';

/** All that an attempt needs to know, as plain data: it could as well be executed on another machine. */
export interface AttemptJob {
  readonly attempt: AttemptId;
  readonly unit: UnitId;
  readonly title: string;
  readonly attemptNumber: number;
  /** 0 for the first work, then one for each repair. */
  readonly round: number;
  readonly role: Role;
  readonly agent: string;
  readonly model: string | null;
  readonly effort: Effort;
  readonly brief: Brief;
  /** A research unit reads; its answer lands at `answerPath` when it has one. */
  /** Folder of the repository in which its commands start; '' for the root. */
  readonly cwd: string;
  /** What its commands reach; null for what everybody's reach. */
  readonly network: Network | null;
  readonly access: 'read' | 'write';
  readonly answerPath: string | null;
  readonly baseCommit: string;
  readonly baseTree: string;
  /** What the workspace begins with: the base, or what a failed attempt left. */
  readonly startTree: string;
  /** Patterns of paths that it may change; none for any. */
  readonly touches: readonly string[];
  readonly session: string | null;
  /** Commit of what it made in the round before; null in the first. */
  readonly madeBefore: string | null;
  readonly limits: Order['limits'];
  readonly tools: Order['tools'];
}

/** What came of one round of an attempt. */
export type AttemptOutcome =
  | {
      readonly kind: 'work';
      readonly tree: string;
      readonly commit: string;
      readonly files: readonly string[];
      /** The text of a research unit's answer. */
      readonly answer: string | null;
      readonly followups: readonly Followup[];
      readonly session: string | null;
      /** Why no ref keeps it: the machine is in the way. Null when one does. */
      readonly notKept: string | null;
    }
  | { readonly kind: 'blocked'; readonly why: string }
  | { readonly kind: 'limited'; readonly until: number; readonly why: string }
  | { readonly kind: 'stopped' }
  /** The agent finished, and nothing of its work was taken; `session` is where it can go on. */
  | { readonly kind: 'refused'; readonly failure: ForbiddenTree; readonly session: string | null }
  /** The machine got in the way, or a bug of ours; that says nothing about the unit. */
  | { readonly kind: 'broken'; readonly why: string; readonly error: Error }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** An outcome with what it took. */
export interface AttemptResult {
  readonly attempt: AttemptId;
  readonly round: number;
  readonly outcome: AttemptOutcome;
  readonly usage: Usage;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What an attempt is executed with. It knows nothing of the queue. */
export interface AttemptTools {
  readonly repository: Repository;
  readonly launcher: Launcher;
  readonly cores: Cores;
  readonly boxes: Boxes;
  readonly agent: (job: Pick<AttemptJob, 'agent'>) => Agent;
  readonly budget: (job: Pick<AttemptJob, 'unit' | 'attempt' | 'role'>) => Budget;
  readonly emit: (job: AttemptJob, event: AgentEvent) => void;
  /** What people said to the agent of this attempt. */
  readonly takeWords: (job: Pick<AttemptJob, 'attempt'>) => readonly string[];
  readonly now: () => number;
  /** Absolute path of the folder that holds all workspaces. */
  readonly workspaces: string;
  /** Beginning of the mark of every process that an attempt starts. */
  readonly mark: string;
  readonly redactor: Redactor;
  readonly outputs: Outputs;
}

function boxOf(attempt: AttemptId, tools: Pick<AttemptTools, 'workspaces' | 'mark'>, job?: AttemptJob): Box {
  const folder = path.join(tools.workspaces, attempt);
  return {
    workspace: path.join(folder, 'ws'),
    scratch: path.join(folder, 'scratch'),
    mark: `${tools.mark}/${attempt}`,
    cwd: job?.cwd ?? '',
    ...(job?.network ? { network: job.network } : {}),
  };
}

/** Lets an agent work, and takes what it made from outside. Never rejects: what goes wrong is the outcome. */
export async function executeAttempt(
  job: AttemptJob,
  tools: AttemptTools,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const startedAt = tools.now();
  let usage = noUsage;
  let outcome: AttemptOutcome;
  try {
    const worked = await workIn(job, tools, signal);
    usage = worked.usage;
    outcome = signal.aborted && worked.outcome.kind !== 'work' ? { kind: 'stopped' } : worked.outcome;
  } catch (error) {
    // Where git failed, no agent is to blame for a repository that is damaged.
    const met = error instanceof GitError ? await orDamage(error, signal) : error;
    outcome = signal.aborted ? { kind: 'stopped' } : outcomeOf(met);
  }
  return { attempt: job.attempt, round: job.round, outcome, usage, startedAt, endedAt: tools.now() };
}

/** What the agent's program or its workspace brought about is its failure; the rest is not. */
function outcomeOf(error: unknown): AttemptOutcome {
  const trouble = troubleIn(error);
  if (trouble !== null) return { kind: 'broken', why: trouble, error: machineError(trouble) };
  const ours = notTheirs(error);
  if (ours !== null) return { kind: 'broken', why: ours.message, error: ours };
  return { kind: 'failed', failure: { reason: 'agent-failed', kind: 'crashed', detail: theirError(error) } };
}

async function workIn(
  job: AttemptJob,
  tools: AttemptTools,
  signal: AbortSignal,
): Promise<{ readonly outcome: AttemptOutcome; readonly usage: Usage }> {
  const { repository } = tools;
  const box = boxOf(job.attempt, tools, job);
  signal.throwIfAborted();
  if (job.round === 0) {
    failpoint('open workspace');
    await tools.boxes.open(box, job.startTree); // what cannot be set up, the agent finds out by itself
    signal.throwIfAborted();
  }
  const broken = new AbortController();
  const spill = tools.outputs.place();
  let output = '';
  const order: Order = {
    unit: job.unit,
    attempt: job.attempt,
    attemptNumber: job.attemptNumber,
    role: job.role,
    brief: job.brief,
    workspace: handleOf(tools, box, job.unit, (why) => broken.abort(why), {
      spillTo: spill,
      onEnd: (text) => void (output = text),
    }),
    access: job.access,
    tools: job.tools,
    answerSchema: job.access === 'read' ? researchSchema : null,
    model: job.model,
    effort: job.effort,
    limits: job.limits,
    budget: tools.budget(job),
    takeWords: () => tools.takeWords(job),
    lens: null,
    sessionNumber: 1,
    session: job.session,
  };
  failpoint('agent starts');
  const ended = AbortSignal.any([signal, broken.signal]);
  const worked = await tools.agent(job).work(order, (event) => tools.emit(job, event), ended);
  const outcome = tools.outputs.told(`${job.attempt}-${job.role}`, worked, { output, spill });
  failpoint('agent ended');
  sweepMarked(box.mark); // nothing may write to the workspace any more while it is read
  const { usage } = outcome;
  if (broken.signal.aborted) {
    const why = String(broken.signal.reason);
    return { outcome: { kind: 'broken', why, error: machineError(why) }, usage };
  }
  if (outcome.kind !== 'finished')
    return {
      outcome: outcome.kind === 'failed' ? { kind: 'failed', failure: outcome.failure } : withoutUsage(outcome),
      usage,
    };
  const kept = { followups: outcome.followups, session: outcome.session };
  const message = `${job.title}\n\nWork of attempt ${job.attempt}, as it was before it was judged.\n`;
  if (job.access === 'read') {
    const answer = tools.redactor.text(answerText(outcome.answer));
    const edits =
      job.answerPath === null
        ? []
        : [
            {
              path: job.answerPath,
              entry: { mode: '100644', object: await writeBlob(repository, Buffer.from(answer)) },
            },
          ];
    const tree = await editTree(repository, job.baseTree, edits);
    const commit = await commitTree(repository, { tree, parents: [job.baseCommit], message });
    const notKept = await keepWork(repository, job.attempt, commit, job.madeBefore);
    const files = edits.map((edit) => edit.path);
    return { outcome: { kind: 'work', tree, commit, files, answer, notKept, ...kept }, usage };
  }
  failpoint('harvest');
  const taken = await harvest(repository, {
    workspace: box.workspace,
    baseCommit: job.baseCommit,
    baseTree: job.baseTree,
    startTree: job.startTree,
    mayRule: (file) => opensByName(job.touches, file),
    exclude: await tools.boxes.added(job.startTree),
    hasSecret: (bytes) => tools.redactor.isIn(bytes),
    message,
  });
  if (taken.kind === 'forbidden') {
    const failure = forbiddenTree(taken.paths);
    return { outcome: { kind: 'refused', failure, session: outcome.session }, usage };
  }
  const { tree, commit, files } = taken;
  const notKept = await keepWork(repository, job.attempt, commit, job.madeBefore);
  failpoint('harvest taken');
  return { outcome: { kind: 'work', tree, commit, files, answer: null, notKept, ...kept }, usage };
}

/** Paths that a failure names; the rest is counted. */
const shownForbidden = 5;

function forbiddenTree([first, ...rest]: readonly [Forbidden, ...Forbidden[]]): ForbiddenTree {
  const others = rest.slice(0, shownForbidden - 1);
  const more = rest.length - others.length;
  return {
    reason: 'forbidden-tree',
    ...first,
    ...(others.length === 0 ? {} : { others }),
    ...(more === 0 ? {} : { more }),
  };
}

function withoutUsage(
  outcome:
    | { readonly kind: 'blocked'; readonly why: string }
    | { readonly kind: 'limited'; readonly until: number; readonly why: string },
): AttemptOutcome {
  return outcome.kind === 'blocked'
    ? { kind: 'blocked', why: outcome.why }
    : { kind: 'limited', until: outcome.until, why: outcome.why };
}

function answerText(answer: unknown): string {
  const text =
    typeof answer === 'object' && answer !== null && 'answer' in answer ? String(answer.answer) : String(answer);
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Ends what an attempt still runs, and removes its workspace. */
export async function releaseAttempt(
  attempt: AttemptId,
  tools: Pick<AttemptTools, 'workspaces' | 'mark' | 'repository' | 'boxes'>,
): Promise<void> {
  const box = boxOf(attempt, tools);
  failpoint('release');
  await tools.boxes.discard(box, await treeOf(tools.repository, tools.repository.head));
}
