import type { Budget } from '../model/agent.ts';
import type { AttemptId, RunId } from '../model/ids.ts';
import type { MicroUsd } from '../model/money.ts';
import type { Database } from './database.ts';

/** Money spent and set aside in a run: a reservation that was never settled counts whole. */
export function committed(database: Database, run: RunId): MicroUsd {
  const row = database.get(
    'select coalesce(sum(coalesce(settled_micro_usd, reserved_micro_usd)), 0) as total from reservations where run = ?',
    run,
  );
  return (row as { total: number }).total;
}

/**
 * The money of a run, reserved before each call and settled after it, in the database: agents side by side cannot
 * overrun the cap, and a crash in between leaves the reservation spent.
 */
export function runBudget(
  database: Database,
  options: {
    readonly run: RunId;
    readonly attempt: AttemptId;
    readonly cap: MicroUsd | null;
    readonly now: () => number;
  },
): Budget {
  return {
    isCapped: options.cap !== null,
    reserve(worstCase) {
      const id = database.write(() => {
        if (options.cap !== null && committed(database, options.run) + worstCase > options.cap) return null;
        const row = database.get(
          'insert into reservations (run, attempt, reserved_micro_usd, created_at) values (?, ?, ?, ?) returning id',
          ...[options.run, options.attempt, worstCase, options.now()],
        );
        return (row as { id: number }).id;
      });
      if (id === null) return null;
      return {
        settle(actual) {
          if (actual === null) return;
          database.write(() => database.run('update reservations set settled_micro_usd = ? where id = ?', actual, id));
        },
      };
    },
  };
}
