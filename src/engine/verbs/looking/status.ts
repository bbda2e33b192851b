import type { UnitId } from '../../../model/ids.ts';
import { type WayOn, wayOn } from '../../../model/way-on.ts';
import { isAtWork, isSettled, unitStates, type UnitState } from '../../../model/unit.ts';
import { runSpending, type Spending } from '../../../queue/budget.ts';
import type { Database } from '../../../queue/database.ts';
import { readUnitEvents } from '../../../queue/events.ts';
import { openRequests } from '../../../queue/requests.ts';
import { readRuns, type RunRow } from '../../../queue/runs.ts';
import { isClaimed } from '../../../queue/sync.ts';
import { readUnits } from '../../../queue/units.ts';
import { reduce } from '../../../report/reduce.ts';
import { type AgentNow, type Doing, doingOf, emptyRunState, type RunState } from '../../../report/run-state.ts';
import type { HandOff } from '../../../model/hand-off.ts';
import { readHandOff } from '../../project/last-hand-off.ts';
import { lookAtQueue } from '../queue/reading.ts';
import { verb } from '../verb.ts';

/** What is going on in a folder. */
export interface Status {
  readonly kind: 'status';
  readonly isRunning: boolean;
  /** Whether the queue is as new as the specs, the branch and the last run; null when that cannot be told. */
  readonly isCurrent: boolean | null;
  readonly latestRun: RunRow | null;
  /** Money of the latest run: spent, possibly more, and kept for judging; null when there was none. */
  readonly spending: Spending | null;
  readonly counts: Readonly<Partial<Record<UnitState, number>>>;
  /** Empty when no run is active. */
  readonly atWork: readonly {
    readonly key: string;
    readonly state: UnitState;
    readonly doing: Doing | null;
    readonly forMs: number;
    readonly why: string | null;
    /** The agents that work on it or review it. */
    readonly agents: readonly (Omit<AgentNow, 'since'> & { readonly forMs: number })[];
  }[];
  /** Units that need a person, or that will not go on by themselves. */
  readonly needAttention: readonly {
    readonly id: UnitId;
    readonly key: string;
    readonly state: UnitState;
    readonly isPaused: boolean;
    readonly why: string | null;
    /** The command that continues it. */
    readonly wayOn: WayOn | null;
  }[];
  readonly openRequests: number;
  /** What the last run left; null while a run is active, and before the first one has ended. */
  readonly handOff: HandOff | null;
}

const attention: readonly UnitState[] = ['awaiting', 'blocked', 'failed', 'quarantined', 'not-runnable', 'parked'];

/** Whether a run is active, its units and agents, and what needs a person. It shows the queue as it is, and changes nothing. */
export const status = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }) =>
    lookAtQueue(asker, folder, ({ database, isRunning, isCurrent, state: place }): Status => {
      const nothing = {
        latestRun: null,
        spending: null,
        counts: {},
        atWork: [],
        needAttention: [],
        openRequests: 0,
        handOff: null,
      };
      if (database === null) return { kind: 'status', isRunning, isCurrent, ...nothing };
      const rows = readUnits(database).filter((row) => row.state !== 'retired');
      const latestRun = readRuns(database)[0] ?? null;
      const counts: Partial<Record<UnitState, number>> = {};
      for (const state of unitStates) {
        const count = rows.filter((row) => row.state === state).length;
        if (count > 0) counts[state] = count;
      }
      const busy = isRunning ? rows.filter(isAtWork) : [];
      const state = latestRun
        ? stateOf(
            database,
            latestRun,
            busy.map(({ spec }) => spec.id),
          )
        : emptyRunState();
      const now = Date.now();
      return {
        kind: 'status',
        isRunning,
        isCurrent,
        latestRun,
        spending: latestRun ? runSpending(database, latestRun.id) : null,
        counts,
        atWork: busy.map((row) => ({
          key: row.spec.key,
          state: row.state,
          doing: doingOf(state, row.spec.id),
          forMs: now - row.changedAt,
          why: row.why,
          agents: (state.units.get(row.spec.id)?.agents ?? []).map(({ since, ...agent }) => ({
            ...agent,
            forMs: now - since,
          })),
        })),
        needAttention: rows
          .filter((row) => attention.includes(row.state) || (row.isPaused && !isSettled(row.state)))
          .map((row) => ({
            ...{ id: row.spec.id, key: row.spec.key, state: row.state, isPaused: row.isPaused },
            why: row.isPaused ? 'paused' : row.why,
            wayOn: wayOn({ state: row.state, isClaim: isClaimed(row) }),
          })),
        openRequests: openRequests(database).length,
        handOff: isRunning ? null : readHandOff(place),
      };
    }),
);

/** What a run has come to, as far as it is about these units: a run has far more events than they have. */
function stateOf(database: Database, { id }: RunRow, units: readonly UnitId[]): RunState {
  return units
    .flatMap((unit) => readUnitEvents(database, unit).filter(({ run }) => run === id))
    .toSorted((a, b) => a.id - b.id)
    .reduce(reduce, emptyRunState());
}
