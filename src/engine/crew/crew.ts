import type { Budget, Role } from '../../model/agent.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { Board } from './board.ts';
import type { Fleet } from './fleet.ts';
import type { Session } from './sessions.ts';

/** The agents of a run, and their state. */
export interface Crew {
  readonly fleet: Fleet;
  /** Sessions of attempts in progress. */
  readonly sessions: Map<AttemptId, Session>;
  /** Stop the work of an attempt, except for its reviewers. */
  readonly stops: Map<AttemptId, AbortController>;
  /** Shared briefs by phase and self-loaded instruction files. */
  readonly pinned: Map<string, Promise<string>>;
  /** Repository maps by phase (null for units without one); null if there is none. */
  readonly maps: Map<string | null, Promise<string | null>>;
  readonly board: Board;
  /** Opens the budget of an attempt and role. */
  readonly budget: (of: {
    readonly unit: UnitId | null;
    readonly attempt: AttemptId | null;
    readonly role: Role;
  }) => Budget;
}
