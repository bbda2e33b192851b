import type { Verdict } from '../../model/evidence.ts';
import type { NoProgress } from '../../model/failure.ts';
import type { UnitId } from '../../model/ids.ts';
import { formatUsd, type MicroUsd } from '../../model/money.ts';
import { spentOnUnit } from '../../queue/budget.ts';
import type { Books } from '../context/books.ts';
import type { Scope } from '../context/scope.ts';

interface Seen {
  /** Criteria that were ever met. */
  readonly met: Set<string>;
  /** The cost when the last one was first met. */
  spent: MicroUsd;
}

/** Detects units that cost money without progress: each verdict should meet a criterion for the first time. */
export class StallDetector {
  readonly #seen = new Map<UnitId, Seen>();

  /** The failure of a stalled unit; null if it may continue. Time does not count: waiting is free. */
  check(run: Books & Pick<Scope, 'settings'>, unit: UnitId, verdict: Verdict): NoProgress | null {
    const { stall } = run.settings;
    if (stall === null) return null;
    const seen = this.#seen.get(unit) ?? { met: new Set<string>(), spent: 0 };
    this.#seen.set(unit, seen);
    const spent = spentOnUnit(run.database, run.id, unit);
    const met = verdict.criteria.filter((one) => one.verdict === 'met').map((one) => `${one.kind} ${one.text}`);
    const isNew = met.some((one) => !seen.met.has(one));
    for (const one of met) seen.met.add(one);
    if (isNew) seen.spent = spent;
    const since = spent - seen.spent;
    if (since < stall) return null;
    return { reason: 'no-progress', spentMicroUsd: since, detail: `the limit is ${formatUsd(stall)} ("stallUsd")` };
  }
}
