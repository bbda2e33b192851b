import type { Budget, Role } from '../../model/agent.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { Board } from './board.ts';
import type { Fleet } from './fleet.ts';
import type { Session } from './sessions.ts';

/** Who works for a run. */
export interface Crew {
  readonly fleet: Fleet;
  /** Of the attempts that agents work on now. */
  readonly sessions: Map<AttemptId, Session>;
  /** Ends what is at work for an attempt, but for its reviewers. */
  readonly stops: Map<AttemptId, AbortController>;
  /** What all who work on a phase are told, by phase and by what their agents load themselves. */
  readonly pinned: Map<string, Promise<string>>;
  /** Maps of the repository, by phase (null for units without one); null where none is made. */
  readonly maps: Map<string | null, Promise<string | null>>;
  /** What its agents know of each other. */
  readonly board: Board;
  /** Money for what is done for an attempt. */
  readonly budget: (of: {
    readonly unit: UnitId | null;
    readonly attempt: AttemptId | null;
    readonly role: Role;
  }) => Budget;
}
