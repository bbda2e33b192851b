import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { openDatabase } from '../../../queue/database.ts';
import { readSessions, removeSessions } from '../../../queue/sessions.ts';
import { findSessions } from '../looking/agents.ts';
import { withQueue } from '../queue/queue.ts';
import { verb } from '../verb.ts';

/** Removes an ended agent (null: all of them) from the list, with its transcripts. What it cost stays counted. */
export const forget = verb(
  (z) => z.strictObject({ folder: z.string(), name: z.string().nullable() }),
  async (asker, { folder, name }) => {
    const { gone, runs } = await withQueue(asker, folder, ({ project, database, isRunning }) => {
      const named = name === null ? readSessions(database, 'listed') : findSessions(database, name);
      const writer = isRunning ? openDatabase(project.state) : database;
      try {
        removeSessions(writer, Date.now(), name);
      } finally {
        if (writer !== database) writer.close();
      }
      const ended = named.filter((session) => session.endedAt !== null);
      return { gone: ended, runs: path.join(project.state, 'runs') };
    });
    for (const session of gone) {
      const at = path.join(runs, session.run, 'sessions');
      // Older versions numbered the first session of a role, too.
      const isIts = (file: string): boolean =>
        ['.', '+', '-1.', '-1+'].some((end) => file.startsWith(session.name + end));
      for (const file of await filesIn(at)) if (isIts(file)) await rm(path.join(at, file), { force: true });
    }
    return { kind: 'agents-removed' as const, removed: new Set(gone.map((session) => session.name)).size };
  },
);

/** Names in a folder; none when it is not there: `gc` may have taken it, and only some agents leave transcripts. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
