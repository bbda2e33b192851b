import type { AgentEvent, Budget, ToolResult } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { CheckJob, CheckResult, OrderJob, OrderResult, SetUpJob, SetUpResult } from './job.ts';

/**
 * What an order asks of the run while it is executed. All that passes is plain data; a reservation of the budget is a
 * lease of money, which counts as spent until it is settled, also where the worker is lost.
 */
export interface Link {
  readonly budget: Budget;
  readonly hear: (event: AgentEvent) => void;
  /** What people said to the agent since it was last asked. */
  readonly takeWords: () => readonly string[];
  /** Executes a tool that the order offers. Never rejects. */
  readonly call: (name: string, input: unknown) => Promise<ToolResult>;
}

/** The tools of an order that offers none. */
export const noOffers: Link['call'] = () => Promise.reject(new Error('Internal error: no tool was offered'));

/** Executes jobs. Nothing rejects: what goes wrong is the result. */
export interface JobWork {
  /** Lets an agent work, and takes what it made from outside. Aborting `stop` ends it; its result still comes. */
  order(job: OrderJob, link: Link, stop: AbortSignal): Promise<OrderResult>;
  check(job: CheckJob): Promise<CheckResult>;
  setUp(job: SetUpJob): Promise<SetUpResult>;
  /** Ends what an attempt still runs, and removes its workspace. */
  release(attempt: AttemptId): Promise<void>;
}

/** Where all jobs of a run are executed: here, or on other machines. */
export interface Executor extends JobWork {
  /** False where commands cannot be traced. */
  readonly canTrace: boolean;
  /** Ends all orders, waits for them, and gives up what was prepared. */
  close(): Promise<void>;
}

/** What has an executor. */
export interface Executes {
  readonly executor: Executor;
}
