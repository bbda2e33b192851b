import type { Order } from '../../model/agent.ts';
import type { Failure } from '../../model/failure.ts';
import { orderTime } from '../context/deadline.ts';
import type { Cast } from './fleet.ts';
import type { Ends } from '../context/run-end.ts';
import type { Scope } from '../context/scope.ts';

type Limits = Order['limits'];

/** What an order of this cast may take; of the run's time, what is left. */
export function limitsOf({ settings }: Pick<Scope, 'settings'>, cast: Pick<Cast, 'turns' | 'timeMs'>): Limits {
  return {
    turns: cast.turns ?? settings.turns,
    timeMs: orderTime(ownTime(settings, cast), settings.deadline),
    idleMs: settings.idleTimeoutMs,
  };
}

/**
 * True when the end of the run took an agent's time away: that says nothing about the unit. Only the time for judging is
 * left then, so nothing new begins in this run.
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
