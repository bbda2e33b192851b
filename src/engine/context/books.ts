import type { Emit } from '../../model/event.ts';
import type { RunId } from '../../model/ids.ts';
import type { Database } from '../../queue/database.ts';
import type { Clock } from '../../util/time/clock.ts';

/** Where a run writes down what happens. */
export interface Books {
  readonly id: RunId;
  readonly database: Database;
  readonly clock: Clock;
  /** Records an event and passes it on to whoever watches. */
  readonly emit: Emit;
}
