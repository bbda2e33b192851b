import { type Agent, noUsage, type Outcome } from '../../model/agent.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import type { UnitId } from '../../model/ids.ts';

/** The unusable agents of a run: entirely, with one model, or for one unit. */
export class Unusable {
  readonly #known = new Map<string, AgentUnusable>();

  get isNone(): boolean {
    return this.#known.size === 0;
  }

  of(agent: string, model: string | null, unit: UnitId | null): AgentUnusable | null {
    const known = [agent, namesOf(agent, model), namesOf(agent, model, unit)].map((name) => this.#known.get(name));
    return known.find((why) => why !== undefined) ?? null;
  }

  learn(agent: string, model: string | null, unit: UnitId | null, why: AgentUnusable): void {
    const isOfAll = why.kind !== 'model' && why.kind !== 'request';
    this.#known.set(isOfAll ? agent : namesOf(agent, model, why.kind === 'request' ? unit : null), why);
  }
}

function namesOf(agent: string, model: string | null, unit: UnitId | null = null): string {
  return `${agent} ${model ?? ''} ${unit ?? ''}`;
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
