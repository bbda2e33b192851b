import type { AgentEvent, Role } from '../../model/agent.ts';
import type { Event } from '../../model/event.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';

/** An agent's event as an event of the run; null for a note outside of units. */
export function fromAgent(
  of: { readonly unit: UnitId | null; readonly attempt: AttemptId | null; readonly role: Role; readonly name: string },
  event: Exclude<AgentEvent, { readonly type: 'usage' }>,
): Event | null {
  const { unit, attempt, role, name } = of;
  const session = { unit, attempt, role, name };
  switch (event.type) {
    case 'turn':
      return { type: 'agent-turn', ...session, text: event.text };
    case 'tool':
      return { type: 'agent-tool', ...session, tool: event.name, summary: event.summary, isError: event.isError };
    case 'note':
      return unit === null || attempt === null ? null : { type: 'note', unit, attempt, role, text: event.text };
    case 'source':
      return { type: 'agent-source', ...session, url: event.url, title: event.title };
    case 'retry':
      return { type: 'agent-retry', ...session, why: event.why, delayMs: event.delayMs };
  }
}
