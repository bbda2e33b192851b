import type { AgentEvent, Budget, ToolResult } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { Turn } from '../../util/process/turn.ts';
import type {
  CheckJob,
  CheckResult,
  LookJob,
  LookResult,
  NotExecuted,
  OrderJob,
  OrderResult,
  SetUpJob,
  SetUpResult,
} from './job.ts';

/**
 * An order's connection to the run during execution. All data is plain. A reservation is a lease of money: it counts as
 * spent until settled, even if the worker is lost.
 */
export interface Link {
  readonly budget: Budget;
  readonly hear: (event: AgentEvent) => void;
  /** Messages since the last call, as the agent gets them. */
  readonly takeWords: () => readonly string[];
  /** Runs a tool that the order offers. Never rejects. The order does not wait for it once it is stopped. */
  readonly call: (name: string, input: unknown) => Promise<ToolResult>;
}

/** For orders without offered tools. */
export const noOffers: Link['call'] = (name) => Promise.resolve({ text: `There is no tool "${name}".`, isError: true });

/** Executes jobs. Never rejects: errors become results. */
export interface JobWork {
  /** Runs an agent and collects its work from outside. Aborting `stop` ends it; its result still follows. */
  order(job: OrderJob, link: Link, stop: AbortSignal): Promise<OrderResult>;
  /** Runs a check when it is its turn. Once that stops it, its result is `stopped`, and nothing of it is left. */
  check(job: CheckJob, turn: Turn): Promise<CheckResult>;
  setUp(job: SetUpJob): Promise<SetUpResult>;
  /** Looks at the work of an agent while it works, without disturbing it. What is seen is a hint, never evidence. */
  look(job: LookJob, stop: AbortSignal): Promise<LookResult>;
  /** Ends the processes of an attempt, and removes its workspace; null if that is done. */
  release(attempt: AttemptId): Promise<NotExecuted | null>;
}

/** Executes all jobs of a run: here, or on other machines. */
export interface Executor extends JobWork {
  /** False if commands cannot be traced. */
  readonly canTrace: boolean;
  /** Ends all orders, waits for them, and discards prepared boxes; null if that is done. */
  close(): Promise<NotExecuted | null>;
}

export interface Executes {
  readonly executor: Executor;
}
