import type { AgentEvent, Role } from '../../model/agent.ts';
import type { Event } from '../../model/event.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';

/** What an agent tells, as an event of the run. */
export function fromAgent(
  of: { readonly unit: UnitId; readonly attempt: AttemptId; readonly role: Role },
  event: Exclude<AgentEvent, { readonly type: 'usage' }>,
): Event {
  const { unit, attempt, role } = of;
  switch (event.type) {
    case 'turn':
      return { type: 'agent-turn', unit, attempt, role, text: event.text };
    case 'tool':
      return {
        type: 'agent-tool',
        unit,
        attempt,
        role,
        tool: event.name,
        summary: event.summary,
        isError: event.isError,
      };
    case 'note':
      return { type: 'note', unit, attempt, role, text: event.text };
    case 'source':
      return { type: 'agent-source', unit, attempt, role, url: event.url, title: event.title };
    case 'retry':
      return { type: 'agent-retry', unit, attempt, role, why: event.why, delayMs: event.delayMs };
  }
}
