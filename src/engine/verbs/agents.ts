import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { RecordedEvent, UnitName } from '../../model/event.ts';
import type { UnitId } from '../../model/ids.ts';
import { refused } from '../../model/refusal.ts';
import { type Database, openDatabase } from '../../queue/database.ts';
import { readUnitEvents } from '../../queue/events.ts';
import { readSessions, removeSessions, type SessionRow } from '../../queue/sessions.ts';
import { readUnit } from '../../queue/units.ts';
import { suggest } from '../../specs/text/suggest.ts';
import { withQueue } from './queue.ts';
import { readQueue } from './reading.ts';

/** The agents that nobody took out of the list: those at work first, then the last ones. `isAll` false: those at work. */
export async function listAgents(folder: string, isAll: boolean): Promise<SessionRow[]> {
  const sessions = await readQueue(folder, ({ database }) => readSessions(database, 'listed'));
  const atWork = sessions.filter((session) => session.endedAt === null);
  return isAll ? [...atWork, ...sessions.filter((session) => session.endedAt !== null).toReversed()] : atWork;
}

/** The orders of one agent, the oldest first: repairs keep its name. Throws an `InputError` for an unknown name. */
export async function showAgent(folder: string, name: string): Promise<SessionRow[]> {
  return readQueue(folder, ({ database }) => findSessions(database, name));
}

function findSessions(database: Database, name: string): SessionRow[] {
  const sessions = readSessions(database, { name });
  if (sessions.length > 0) return sessions;
  const known = readSessions(database, 'listed').map((session) => session.name);
  throw refused('unknown-agent', { name, similar: suggest(name, known) });
}

/** What an agent did after the event `afterId`, and whether it is still at work. */
export async function agentEvents(
  folder: string,
  name: string,
  afterId: number,
): Promise<{
  readonly unit: UnitName & { readonly id: UnitId };
  readonly events: readonly RecordedEvent[];
  readonly isAtWork: boolean;
}> {
  return readQueue(folder, ({ database }) => {
    const sessions = findSessions(database, name);
    const { unit, attempt, role } = sessions[0] ?? ({} as never);
    const events = readUnitEvents(database, unit).filter(
      ({ id, event }) =>
        id > afterId && 'attempt' in event && event.attempt === attempt && 'role' in event && event.role === role,
    );
    const { key, title } = readUnit(database, unit)?.spec ?? { key: unit, title: unit };
    return { unit: { id: unit, key, title }, events, isAtWork: sessions.some((session) => session.endedAt === null) };
  });
}

/** The unit of an agent. Throws an `InputError` for an unknown name, and for one that is not at work. */
export async function unitOfAgent(folder: string, name: string): Promise<UnitId> {
  return readQueue(folder, ({ database }) => {
    const last = findSessions(database, name).at(-1);
    if (!last || last.endedAt !== null) throw refused('agent-ended', { name });
    return last.unit;
  });
}

/** Takes ended agents out of the list, with their transcripts. What they cost stays counted. */
export async function removeAgents(folder: string, name: string | null): Promise<number> {
  const removed = await withQueue(folder, ({ project, database, isRunning }) => {
    const gone = (name === null ? readSessions(database, 'listed') : findSessions(database, name)).filter(
      (session) => session.endedAt !== null,
    );
    const writer = isRunning ? openDatabase(project.state) : database;
    try {
      removeSessions(writer, Date.now(), name);
    } finally {
      if (writer !== database) writer.close();
    }
    return { gone, runs: path.join(project.state, 'runs') };
  });
  for (const session of removed.gone) {
    const at = path.join(removed.runs, session.run, 'sessions');
    const files = await filesIn(at);
    const number = /-(\d+)$/.exec(session.name)?.[1] ?? '1';
    const beginning = `${session.attempt}-${session.role}-${number}`;
    for (const file of files) if (file.startsWith(beginning)) await rm(path.join(at, file), { force: true });
  }
  return new Set(removed.gone.map((session) => session.name)).size;
}

/** Names in a folder; none when it is not there: `gc` may have taken it, and only some agents leave transcripts. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
