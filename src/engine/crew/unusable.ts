import { type Agent, noUsage, type Outcome } from '../../model/agent.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import type { UnitId } from '../../model/ids.ts';

/** What is unusable: an agent, with one model, for one unit; all of them where none is given. */
interface Part {
  readonly agent: string;
  /** Null for the agent's default. */
  readonly model?: string | null;
  readonly unit?: UnitId;
}

/** The unusable agents of a run: entirely, with one model, or for one unit. */
export class Unusable {
  readonly #known = new Map<string, AgentUnusable>();

  get isNone(): boolean {
    return this.#known.size === 0;
  }

  /** `unit`: null for an agent of the run itself. */
  of(agent: string, model: string | null, unit: UnitId | null): AgentUnusable | null {
    const parts: readonly Part[] = [{ agent }, { agent, model }, ...(unit === null ? [] : [{ agent, model, unit }])];
    return parts.map((part) => this.#known.get(keyOf(part))).find((why) => why !== undefined) ?? null;
  }

  learn(agent: string, model: string | null, unit: UnitId | null, why: AgentUnusable): void {
    switch (why.kind) {
      case 'request':
        // A refused request of an agent of the run says nothing about other requests.
        if (unit !== null) this.#known.set(keyOf({ agent, model, unit }), why);
        return;
      case 'model':
        return void this.#known.set(keyOf({ agent, model }), why);
      default:
        this.#known.set(keyOf({ agent }), why);
    }
  }
}

function keyOf({ agent, model, unit }: Part): string {
  return JSON.stringify({ agent, model, unit });
}

/** An agent that refuses orders once its program has changed, or once it is unusable. */
export function watched(agent: Agent, isChanged: () => string | null, unusable: Unusable): Agent {
  return {
    ...agent,
    work: async (order, emit, signal) => {
      const changed = isChanged();
      const before =
        unusable.of(agent.name, order.model, order.unit) ?? (changed === null ? null : changedProgram(agent, changed));
      const outcome: Outcome =
        before === null ? await agent.work(order, emit, signal) : { kind: 'failed', failure: before, usage: noUsage };
      if (outcome.kind === 'failed' && outcome.failure.reason === 'agent-unusable')
        unusable.learn(agent.name, order.model, order.unit, outcome.failure);
      return outcome;
    },
  };
}

function changedProgram({ name }: Agent, why: string): AgentUnusable {
  const detail = `The agent "${name}" was not started: ${why}`;
  const remedy = 'Inspect it, trust it with "backlog trust", then run again.';
  return { reason: 'agent-unusable', kind: 'program', detail, remedy };
}
