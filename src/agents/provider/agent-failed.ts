import type { Order, Outcome, Usage } from '../../model/agent.ts';
import type { AgentFailed } from '../../model/failure.ts';

/** The failure of an agent, in `detail` as a sentence. */
export function agentFailed(kind: AgentFailed['kind'], detail: string): AgentFailed {
  return { reason: 'agent-failed', kind, detail };
}

/** The outcome of an order whose agent failed. */
export function failedOutcome(kind: AgentFailed['kind'], detail: string, usage: Usage): Outcome {
  return { kind: 'failed', failure: agentFailed(kind, detail), usage };
}

/** The detail of the failure `time`. */
export function timeOver({ limits }: Pick<Order, 'limits'>): string {
  return `It took longer than ${Math.round(limits.timeMs / 1000)} s.`;
}
