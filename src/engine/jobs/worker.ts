import type { Agent } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { Workplace } from '../boxes/workplace.ts';
import { CheckRunner, type RunnerTools } from './check-runner.ts';
import type { JobWork, Link } from './executor.ts';
import type { OrderJob, OrderResult } from './job.ts';
import { executeOrder, releaseWorkspace } from './order.ts';

/** What a worker has: a repository with all that its jobs name, a place where commands run, and agents. */
export interface WorkerTools extends Workplace, Omit<RunnerTools, keyof Workplace> {
  /** The agent of this name. Throws an `InputError` when it cannot be had. */
  readonly agent: (name: string) => Promise<Agent>;
}

/** Executes jobs, as many at once as it is given. */
export class Worker extends CheckRunner implements JobWork {
  readonly #tools: WorkerTools;

  constructor(tools: WorkerTools) {
    super(tools);
    this.#tools = tools;
  }

  order(job: OrderJob, link: Link, stop: AbortSignal): Promise<OrderResult> {
    return executeOrder(job, link, this.#tools, (tree, cwd, action) => this.with(tree, { cwd }, action), stop);
  }

  release(attempt: AttemptId): Promise<void> {
    return releaseWorkspace(attempt, this.#tools);
  }

  close(): Promise<void> {
    return this.#tools.boxes.close();
  }
}
