import type { Order } from '../../model/agent.ts';
import type { Failure } from '../../model/failure.ts';
import { orderTime } from '../context/deadline.ts';
import type { Cast } from './fleet.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';

type Limits = Order['limits'];

/** The limits of an order, within the run's remaining time. */
export function limitsOf({ settings }: Pick<Scope, 'settings'>, cast: Pick<Cast, 'turns' | 'timeMs'>): Limits {
  return {
    turns: cast.turns ?? settings.turns,
    timeMs: orderTime(ownTime(settings, cast), settings.deadline),
    idleMs: settings.idleTimeoutMs,
  };
}

/**
 * True if the run's deadline, not the order's own limit, ended an agent: no fault of the unit. The remaining time is
 * then kept for judging, so the run starts nothing new.
 */
export function isCutShort(
  run: Pick<Scope, 'settings'> & Ends,
  { limits, cast }: { readonly limits: Limits; readonly cast: Pick<Cast, 'timeMs'> },
  outcome: { readonly kind: string } | { readonly kind: 'failed'; readonly failure: Failure },
): boolean {
  if (!('failure' in outcome) || outcome.failure.reason !== 'agent-failed' || outcome.failure.kind !== 'time')
    return false;
  if (limits.timeMs >= ownTime(run.settings, cast)) return false;
  run.end.closeForTime();
  return true;
}

function ownTime(settings: Scope['settings'], cast: Pick<Cast, 'timeMs'>): number {
  return cast.timeMs ?? settings.attemptTimeoutMs;
}
