import path from 'node:path';
import { agentFailed } from '../../agents/provider/agent-failed.ts';
import { maxFollowups } from '../../agents/tools/answer-tools.ts';
import { notTheirs, theirError } from '../../agents/provider/their-error.ts';
import {
  type Agent,
  type Followup,
  noUsage,
  type Order,
  type OrderTool,
  type Outcome,
  type ToolResult,
  type Usage,
} from '../../model/agent.ts';
import type { ForbiddenTree } from '../../model/failure.ts';
import type { AttemptId } from '../../model/ids.ts';
import { GitError } from '../../repo/git/git.ts';
import { type Forbidden, harvest } from '../../repo/worktrees/harvest.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import type { Box } from '../../sandbox/launcher.ts';
import { sweepMarked } from '../../sandbox/sweep.ts';
import { failpoint } from '../../util/failpoint.ts';
import { printableLine } from '../../util/text/printable.ts';
import { opensByName } from '../../verify/files/protect.ts';
import { handleOf } from '../boxes/handle.ts';
import type { Workplace } from '../boxes/workplace.ts';
import { Interrupted } from '../context/interrupted.ts';
import { orDamage, troubleIn } from '../context/machine.ts';
import { fromJsonSchema } from './answer-schema.ts';
import { committedFollowups } from './committed-followups.ts';
import { toData } from './error-data.ts';
import type { Link } from './executor.ts';
import type { InProgress } from './in-progress.ts';
import type { Offer, OrderJob, OrderOutcome, OrderResult } from './job.ts';
import { Watch } from './watch.ts';

/** The tools of executing orders, independent of the queue. */
export interface OrderTools extends Workplace {
  readonly repository: Repository;
  readonly agent: (name: string) => Promise<Agent>;
  readonly inProgress: InProgress;
}

/** Calls `action` with a new box for this tree, removed afterwards. */
export type WithBox = <T>(tree: string, cwd: string, action: (box: Box) => Promise<T>) => Promise<T>;

/** The box of an attempt, kept until its release. */
function boxOf(attempt: AttemptId, tools: Pick<Workplace, 'cache' | 'mark'>, job?: OrderJob): Box {
  const folder = path.join(tools.cache, 'work', attempt);
  return {
    workspace: path.join(folder, 'ws'),
    scratch: path.join(folder, 'scratch'),
    mark: `${tools.mark}/${attempt}`,
    cwd: job?.cwd ?? '',
    ...(job?.network ? { network: job.network } : {}),
  };
}

/** Runs an agent and collects its work from outside. Never rejects: errors become outcomes. */
export async function executeOrder(
  job: OrderJob,
  link: Link,
  tools: OrderTools,
  withBox: WithBox,
  signal: AbortSignal,
): Promise<OrderResult> {
  let usage: Usage | null = noUsage;
  const watch = new Watch();
  watch.turn('openedMs');
  const told = (outcome: OrderOutcome): OrderResult => ({ outcome, usage, spent: watch.spent });
  const work = async (box: Box): Promise<OrderOutcome> => {
    const ended = await workIn(box, job, link, tools, signal, watch, (now) => void (usage = now));
    if ('error' in ended) return { kind: 'broken', error: toData(ended.error) };
    return job.workspace === null ? withoutUsage(ended) : take(box, job, job.workspace, ended, tools);
  };
  try {
    signal.throwIfAborted();
    const outcome =
      job.workspace === null
        ? await withBox(job.tree, job.cwd, work)
        : await work(await openWorkspace(job, job.workspace.attempt, tools, signal));
    return told(signal.aborted && outcome.kind !== 'finished' ? { kind: 'stopped' } : outcome);
  } catch (error) {
    // If git failed, the repository may be damaged: not the agent's fault.
    const met = error instanceof GitError ? await orDamage(error, tools.repository, signal) : error;
    return told(signal.aborted ? { kind: 'stopped' } : outcomeOf(met));
  }
}

/** Errors of the agent's program or workspace are its failure; others are ours. */
function outcomeOf(error: unknown): OrderOutcome {
  const ours = troubleIn(error) === null ? notTheirs(error) : error;
  if (ours !== null) return { kind: 'broken', error: toData(ours) };
  return { kind: 'failed', failure: agentFailed('crashed', theirError(error)) };
}

async function openWorkspace(job: OrderJob, attempt: AttemptId, tools: OrderTools, signal: AbortSignal): Promise<Box> {
  const box = boxOf(attempt, tools, job);
  if (job.round > 0 && job.workspace?.isAnew !== true) return box;
  failpoint('open workspace');
  const open = job.round > 0 ? tools.boxes.openAnew.bind(tools.boxes) : tools.boxes.open.bind(tools.boxes);
  const opened = await open(box, job.tree); // the agent sees a failed set-up by itself
  signal.throwIfAborted();
  await tools.inProgress.begin(attempt, opened.box.workspace, job.tree);
  return opened.box;
}

/** Runs the agent in a box. Returns its outcome, or the failure of the box. `used` is told the usage: unknown while it works. */
async function workIn(
  box: Box,
  job: OrderJob,
  link: Link,
  tools: OrderTools,
  signal: AbortSignal,
  watch: Watch,
  used: (usage: Usage | null) => void,
): Promise<Outcome | { readonly error: Error }> {
  const { name, unit, attempt, attemptNumber, role, lens, sessionNumber, session } = job;
  const { brief, access, model, effort, limits } = job;
  const agent = await tools.agent(job.agent);
  const broken = new AbortController();
  const { spill, file } = tools.outputs.place();
  let output = '';
  const order: Order = {
    ...{ name, unit, attempt, attemptNumber, role, lens, sessionNumber, session },
    ...{ brief, access, model, effort, limits, tools: job.tools },
    workspace: handleOf(tools, box, unit, (why) => broken.abort(why), {
      spillTo: file,
      onEnd: (text) => void (output = text),
    }),
    answerSchema: job.answerSchema === null ? null : fromJsonSchema(job.answerSchema),
    offers: job.offers.map((offer) => offered(offer, link)),
    budget: link.budget,
    takeWords: link.takeWords,
    onHeld: (ms) => watch.hold(ms),
  };
  const isWorker = job.workspace !== null;
  if (isWorker) failpoint('agent starts');
  used(null);
  watch.turn('ranMs');
  const work = async (): Promise<Outcome> => agent.work(order, link.hear, AbortSignal.any([signal, broken.signal]));
  const worked = attempt !== null && isWorker ? await tools.inProgress.during(attempt, work) : await work();
  watch.turn(null);
  used(worked.usage);
  const outcome = tools.outputs.told(name, worked, { output, spill });
  if (isWorker) failpoint('agent ended');
  const also = isWorker && outcome.kind === 'finished' ? await committedFollowups(order.workspace, signal) : [];
  sweepMarked(box.mark); // the box must not change while it is read
  if (!broken.signal.aborted) return outcome.kind === 'finished' ? withFollowups(outcome, also) : outcome;
  return { error: new Interrupted({ kind: 'broken', why: String(broken.signal.reason) }) };
}

/** A finished order with more followups. Those above the limit are one together, which names them. */
function withFollowups(outcome: Outcome & { readonly kind: 'finished' }, more: readonly Followup[]): Outcome {
  const all = [...outcome.followups, ...more];
  const left = all.slice(maxFollowups).map(({ title }) => title);
  if (left.length === 0) return { ...outcome, followups: all };
  const title = printableLine(
    `Look at ${left.length} more that ${left.length === 1 ? 'was' : 'were'} proposed: ${left.join(', ')}`,
    200,
  );
  return { ...outcome, followups: [...all.slice(0, maxFollowups), { title, criteria: [] }] };
}

/** An offered tool, for the agent. The order ends when it is stopped, even during a call. */
function offered(offer: Offer, link: Link): OrderTool {
  return {
    ...offer,
    run: async (input, signal) => {
      const ended = Promise.withResolvers<ToolResult>();
      const end = (): void => ended.resolve({ text: 'It was stopped.', isError: true });
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      try {
        return await Promise.race([link.call(offer.name, input), ended.promise]);
      } finally {
        signal.removeEventListener('abort', end);
      }
    },
  };
}

/** Collects the changes in a workspace. */
async function take(
  box: Box,
  job: OrderJob,
  { attempt, title, baseCommit, baseTree, touches }: NonNullable<OrderJob['workspace']>,
  outcome: Outcome,
  { repository, setUp, redactor }: OrderTools,
): Promise<OrderOutcome> {
  if (outcome.kind !== 'finished' || job.access === 'read') return withoutUsage(outcome);
  failpoint('harvest');
  const taken = await harvest(repository, {
    workspace: box.workspace,
    ...{ baseCommit, baseTree, startTree: job.tree },
    mayRule: (file) => opensByName(touches, file),
    exclude: (await setUp?.added(job.tree, [])) ?? [],
    hasSecret: (bytes) => redactor.isIn(bytes),
    message: workMessage(title, attempt),
  });
  const { session } = outcome;
  if (taken.kind === 'forbidden') return { kind: 'refused', failure: forbiddenTree(taken.paths), session };
  failpoint('harvest taken');
  const { tree, commit, files } = taken;
  const { kind, answer, followups } = outcome;
  return { kind, answer, followups, session, harvested: { tree, commit, files } };
}

/** The message of the commit that keeps an attempt's work. */
export function workMessage(title: string, attempt: AttemptId): string {
  return `${title}\n\nWork of attempt ${attempt} before it was judged.\n`;
}

/** Maximum of paths in a failure; the rest is counted. */
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

function withoutUsage(outcome: Outcome): OrderOutcome {
  switch (outcome.kind) {
    case 'finished': {
      const { kind, answer, followups, session } = outcome;
      return { kind, answer, followups, session, harvested: null };
    }
    case 'blocked':
      return { kind: 'blocked', why: outcome.why };
    case 'limited':
      return { kind: 'limited', until: outcome.until, why: outcome.why };
    case 'failed':
      return { kind: 'failed', failure: outcome.failure };
  }
}

/** Ends the processes of an attempt, and removes its workspace. */
export async function releaseWorkspace(
  attempt: AttemptId,
  tools: Pick<OrderTools, 'cache' | 'mark' | 'repository' | 'boxes' | 'inProgress'>,
): Promise<void> {
  await tools.inProgress.end(attempt);
  const box = boxOf(attempt, tools);
  failpoint('release');
  await tools.boxes.discard(box, await treeOf(tools.repository, tools.repository.head));
}
