import type { JudgingRun } from '../judging/work.ts';
import { nameOf } from '../../model/event.ts';
import type { AttemptId, UnitId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import type { Hands } from './drain.ts';
import { claimUnit, driveUnit, isLanding, roleOf } from '../unit/drive.ts';
import type { Driver } from '../unit/driving.ts';
import { applyPersonsWord } from './people.ts';
import { acceptProposals } from '../../queue/proposals.ts';
import { readTip } from '../context/target.ts';
import { StallDetector } from '../unit/stall-detector.ts';
import { orAborted } from '../../util/time/aborted.ts';

/** The callbacks of a real run: agents work in workspaces, and their work is judged and landed. */
export function openHands(options: {
  readonly run: JudgingRun;
  readonly checkouts: Checkouts;
  /** Reads the specs again and syncs the queue; returns a summary. */
  readonly readAgain: () => Promise<string>;
}): Hands {
  const { run } = options;
  const cancelled = new Set<UnitId>();
  let tip: Awaited<ReturnType<typeof readTip>> | null = null;
  /** Units whose agents are not made yet. */
  const joining = new Map<UnitId, UnitSpec>();
  const driver: Driver = {
    run,
    checkouts: options.checkouts,
    stalls: new StallDetector(),
    told: new Set(),
    isCancelled: (unit) => cancelled.has(unit),
  };
  return {
    async prepare() {
      for (const [unit, spec] of joining) {
        joining.delete(unit);
        const detail = await orAborted(run.end.signal, run.fleet.join(spec));
        if (detail !== null)
          run.emit({
            type: 'request-refused',
            unit,
            ...nameOf(spec),
            agent: spec.agent ?? undefined,
            detail,
            isAll: false,
          });
      }
      tip = await readTip(run);
    },
    claim(row) {
      if (tip === null) throw new Error('Internal error: a unit was claimed before the tip was read');
      cancelled.delete(row.spec.id);
      return claimUnit(run, row, tip);
    },
    async drive(row, attempt) {
      await driveUnit(driver, row, attempt);
      // Only now, since what a unit proposes often needs its work.
      if (run.settings.withFollowups) acceptProposals(run.database, run.clock.now(), run.id);
    },
    async apply(requests) {
      // The specs are read once for all additions.
      const outcome = requests.some((request) => request.verb === 'sync') ? await options.readAgain() : '';
      const stopWork = (unit: UnitId, attempt: AttemptId, isCancelled: boolean): void => {
        if (isCancelled) cancelled.add(unit);
        run.stops.get(attempt)?.abort();
      };
      const tell = (attempt: AttemptId, words: string): boolean =>
        run.sessions.get(attempt)?.say({ from: 'person', text: words }) ?? false;
      for (const request of requests)
        applyPersonsWord({
          database: run.database,
          at: run.clock.now(),
          run: run.id,
          request,
          outcome,
          stopWork,
          tell,
        });
    },
    isUnusable(row) {
      if (!run.fleet.has(row.spec)) return false; // it is not known yet
      // A gate may pass without an agent, and finished work only needs judging.
      const role = row.spec.gate !== null || isLanding(row) ? null : roleOf(run, row);
      return run.fleet.unusable(role, row.spec, row.attempts) !== null;
    },
    pausedUntil(row) {
      if (!run.fleet.has(row.spec)) {
        joining.set(row.spec.id, row.spec);
        return run.clock.now(); // it is made before the next claim
      }
      return isLanding(row) ? null : run.fleet.pausedUntil(roleOf(run, row), row.spec);
    },
  };
}
