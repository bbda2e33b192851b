import Sqlite from 'better-sqlite3';
import type { Event } from '../../src/model/event.ts';
import type { Report } from '../../src/model/report.ts';

/** What a run of bench/parallel.ts came to. Units are named by their ids. */
export interface Played {
  readonly wallMs: number;
  readonly done: number;
  readonly agentMs: number;
  /** Of agents: all their work on a unit after the first. */
  readonly redoneMs: number;
  /** Units whose work was merged by an agent, once for each time. */
  readonly merged: readonly string[];
  /** Landings in which git saw a conflict that needed no agent. */
  readonly joined: number;
  /** Units that were done again from nothing, once for each time. */
  readonly lost: readonly string[];
  readonly checkRuns: number;
  readonly limitedBy: string;
}

/** Reads a run's report, and its events. */
export function readPlayed(stdout: string, database: string): Played {
  const report = JSON.parse(stdout) as Report;
  const sqlite = new Sqlite(database, { readonly: true });
  const rows = sqlite.prepare('select event from events order by id').all() as { event: string }[];
  sqlite.close();
  const events = rows.map(({ event }) => JSON.parse(event) as Event);
  const worked = new Set<string>();
  let [agentMs, redoneMs] = [0, 0];
  const [merged, lost]: [string[], string[]] = [[], []];
  for (const event of events) {
    if (event.type === 'agent-ended' && event.unit !== null) {
      const ms = event.spent?.ranMs ?? 0;
      agentMs += ms;
      if (worked.has(event.unit)) redoneMs += ms;
      worked.add(event.unit);
    }
    if (event.type !== 'not-done') continue;
    if (event.next === 'merge') merged.push(event.unit);
    else lost.push(event.unit);
  }
  const { limitedBy, totals, units } = report;
  return {
    ...{ wallMs: totals.durationMs, agentMs, redoneMs, merged, lost },
    done: units.filter(({ state }) => state === 'done').length,
    joined: units.filter(({ joined }) => joined !== null).length,
    checkRuns: units.reduce((sum, unit) => sum + unit.checkRuns, 0),
    limitedBy: limitedBy === null ? 'nothing' : `${limitedBy.factor} (${Math.round(limitedBy.share * 100)} %)`,
  };
}
