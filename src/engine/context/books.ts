import type { Emit } from '../../model/event.ts';
import type { RunId } from '../../model/ids.ts';
import type { Database } from '../../queue/database.ts';
import type { Clock } from '../../util/time/clock.ts';

/** The records of a run. */
export interface Books {
  readonly id: RunId;
  readonly database: Database;
  readonly clock: Clock;
  /** Records an event and passes it to the listeners. */
  readonly emit: Emit;
}
