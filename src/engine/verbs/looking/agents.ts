import type { RecordedEvent, UnitName } from '../../../model/event.ts';
import type { UnitId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import type { Database } from '../../../queue/database.ts';
import { readSince, readUnitEvents } from '../../../queue/events.ts';
import { readSessions, type SessionRow } from '../../../queue/sessions.ts';
import { readUnit } from '../../../queue/units.ts';
import { suggest } from '../../../util/text/suggest.ts';
import type { Asker } from '../../context/asker.ts';
import { readQueue } from '../queue/reading.ts';
import { verb } from '../verb.ts';

/** Active agents; with `isAll` also those that have ended and were not removed, newest first. */
export const agents = verb(
  (z) => z.strictObject({ folder: z.string(), isAll: z.boolean().default(false) }),
  async (asker, { folder, isAll }) => {
    const sessions = await readQueue(asker, folder, ({ database }) => readSessions(database, 'listed'));
    const atWork = sessions.filter((session) => session.endedAt === null);
    const ended = isAll ? sessions.filter((session) => session.endedAt !== null).toReversed() : [];
    return { kind: 'agents' as const, agents: [...atWork, ...ended] };
  },
);

/** The orders of one agent, oldest first: repairs keep its name. */
export const agent = verb(
  (z) => z.strictObject({ folder: z.string(), name: z.string() }),
  async (asker, { folder, name }) => {
    const orders = await readQueue(asker, folder, ({ database }) => findSessions(database, name));
    return { kind: 'agent' as const, name, orders };
  },
);

/** The orders of an agent. Refuses an unknown name. */
export function findSessions(database: Database, name: string): SessionRow[] {
  const sessions = readSessions(database, { name });
  if (sessions.length > 0) return sessions;
  const known = readSessions(database, 'listed').map((session) => session.name);
  throw refused('unknown-agent', { name, similar: suggest(name, known) });
}

/** What an agent did after an event, and whether it is still active. */
export interface AgentEvents {
  readonly kind: 'agent-events';
  /** Null for an agent of the run itself. */
  readonly unit: (UnitName & { readonly id: UnitId }) | null;
  readonly events: readonly RecordedEvent[];
  readonly isAtWork: boolean;
}

export const agentEvents = verb(
  (z) => z.strictObject({ folder: z.string(), name: z.string(), after: z.int().min(0).default(0) }),
  async (asker, { folder, name, after }) =>
    readQueue(asker, folder, ({ database }): AgentEvents => {
      const sessions = findSessions(database, name);
      const { run, unit, attempt, role } = sessions[0] ?? ({} as never);
      const isAtWork = sessions.some((session) => session.endedAt === null);
      if (unit === null) {
        const all = [...readSince(database, run, after)];
        const events = all.filter(({ event }) => 'name' in event && event.name === name);
        return { kind: 'agent-events', unit, events, isAtWork };
      }
      const events = readUnitEvents(database, unit).filter(
        ({ id, event }) =>
          id > after && 'attempt' in event && event.attempt === attempt && 'role' in event && event.role === role,
      );
      const { key, title } = readUnit(database, unit)?.spec ?? { key: unit, title: unit };
      return { kind: 'agent-events', unit: { id: unit, key, title }, events, isAtWork };
    }),
);

/** The unit of an agent. Refuses an unknown name, and an agent that has ended. */
export async function unitOfAgent(asker: Asker, folder: string, name: string): Promise<UnitId> {
  return readQueue(asker, folder, ({ database }) => {
    const last = findSessions(database, name).at(-1);
    if (!last || last.endedAt !== null) throw refused('agent-ended', { name });
    if (last.unit === null) throw refused('agent-of-run', { name });
    return last.unit;
  });
}
