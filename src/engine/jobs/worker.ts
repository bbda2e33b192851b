import type { Agent } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { Workplace } from '../boxes/workplace.ts';
import { openBoxes } from '../boxes/workshop.ts';
import { readTip } from '../context/target.ts';
import { Cores } from '../../util/process/cores.ts';
import { CheckRunner, type RunnerTools } from './check-runner.ts';
import type { JobWork, Link } from './executor.ts';
import { executeOrder, type OrderTools, releaseWorkspace, type WithBox } from './execute-order.ts';
import { InProgress } from './in-progress.ts';
import type { LookJob, LookResult, NotExecuted, OrderJob, OrderResult } from './job.ts';

/** The tools of a worker: a repository with the objects of its jobs, a sandbox, and agents. */
export interface WorkerTools extends Workplace, Omit<RunnerTools, keyof Workplace> {
  /** The agent of this name. Throws an `InputError` if it is not available. */
  readonly agent: (name: string) => Promise<Agent>;
}

/** Opens a worker with its own boxes in the folder `cache`. */
export function openWorker(
  options: Omit<WorkerTools, 'boxes' | 'commandBoxes' | 'setUp' | 'cores'> & {
    readonly branch: string;
    /** Time limit of a set-up, in ms. */
    readonly timeoutMs: number;
  },
): Worker {
  const { config, repository, launcher, cache, mark, timeoutMs, branch, end } = options;
  const boxes = openBoxes({
    ...{ config, repository, launcher, cache, mark, timeoutMs, signal: end.signal },
    branchTree: async () => (await readTip({ repository, settings: { branch } })).tree,
  });
  return new Worker({ ...options, ...boxes, cores: new Cores() });
}

/** Executes jobs without a limit of its own. */
export class Worker extends CheckRunner implements JobWork {
  readonly #tools: WorkerTools;
  readonly #orderTools: OrderTools;

  constructor(tools: WorkerTools) {
    super(tools);
    this.#tools = tools;
    this.#orderTools = { ...tools, inProgress: new InProgress(tools) };
  }

  order(job: OrderJob, link: Link, stop: AbortSignal): Promise<OrderResult> {
    const { boxes } = this.#tools;
    const withBox: WithBox = (tree, cwd, action) => this.with(boxes, { tree }, { cwd }, ({ box }) => action(box));
    return executeOrder(job, link, this.#orderTools, withBox, stop);
  }

  look(job: LookJob, stop: AbortSignal): Promise<LookResult> {
    return this.orNot(async () => this.#orderTools.inProgress.look(job, stop));
  }

  release(attempt: AttemptId): Promise<NotExecuted | null> {
    return this.orNot(async () => {
      await releaseWorkspace(attempt, this.#orderTools);
      return null;
    });
  }

  close(): Promise<NotExecuted | null> {
    return this.orNot(async () => {
      await this.#tools.boxes.close();
      return null;
    });
  }
}
