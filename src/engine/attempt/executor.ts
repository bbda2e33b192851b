import type { AttemptId } from '../../model/ids.ts';
import type { AttemptJob, AttemptResult } from './attempt.ts';

/** Where attempts execute. Submitting the same attempt (and round) twice is one; results may arrive twice. */
export interface Executor {
  submit(job: AttemptJob): Promise<void>;
  /** Ends the agent of an attempt; its result still arrives. */
  cancel(attempt: AttemptId): Promise<void>;
  /** Frees what is kept for repairs of an attempt. */
  release(attempt: AttemptId): Promise<void>;
  results(): AsyncIterable<AttemptResult>;
  pending(): Promise<AttemptId[]>;
  /** Ends all agents, waits for them, and ends `results`. */
  close(): Promise<void>;
}
