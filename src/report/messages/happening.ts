import type { Event } from '../../model/event.ts';
import type { HookEvent } from '../../model/hooks.ts';
import type { UnitId } from '../../model/ids.ts';

/** Something that hooks can be called for. */
export interface Happening {
  readonly name: HookEvent;
  /** Null for what is about the run. */
  readonly unit: UnitId | null;
  /** What is told once; the same text again is no news. Null for what is news each time. */
  readonly once: string | null;
}

/** What an event means to people who are not watching; null for most. The end of a run is told when its report is there. */
export function happeningOf(event: Event, isGate: (unit: UnitId) => boolean): Happening | null {
  const ofRun = (name: HookEvent, once: string | null = null): Happening => ({ name, unit: null, once });
  switch (event.type) {
    case 'run-started':
      return ofRun('run.started');
    case 'landed':
      return { name: 'unit.landed', unit: event.unit, once: null };
    case 'cap-reached':
      return ofRun('limit.reached', event.detail);
    case 'notice':
      return event.isLimit === true ? ofRun('limit.reached', event.text) : null;
    case 'unit-changed': {
      const { unit, from, to, why } = event;
      if (from === to) return null;
      if (to === 'parked') return ofRun('limit.reached', why ?? "a provider's limit was reached");
      if (to === 'failed' || to === 'quarantined')
        return { name: isGate(unit) ? 'gate.failed' : 'unit.failed', unit, once: null };
      return to === 'awaiting' || to === 'blocked' ? { name: 'unit.waits', unit, once: null } : null;
    }
    default:
      return null;
  }
}
