import type { UnitId } from '../../model/ids.ts';
import { listSome } from '../../model/list-some.ts';
import { plural } from '../../util/text/plural.ts';
import { printableLine } from '../../util/text/printable.ts';
import { fitTo } from '../../util/text/width.ts';
import { type Line, span } from '../line.ts';
import { keyOf, type RunState } from '../run-state.ts';
import type { Known } from './known.ts';

/** Which running or open unit most others wait for, directly, and these. */
function waitedFor(state: RunState, known: Known): { readonly on: UnitId; readonly keys: readonly string[] }[] {
  const open = new Set(known.units.map(({ id }) => id));
  const landed = (id: UnitId): boolean => state.units.get(id)?.state === 'done' || !open.has(id);
  const waits = new Map<UnitId, string[]>();
  for (const { id, key, state: was, depends } of known.units) {
    if (was !== 'waiting' || state.busy.includes(id)) continue;
    for (const on of depends.filter((one) => !landed(one)))
      waits.set(on, [...(waits.get(on) ?? []), printableLine(key)]);
  }
  return [...waits].map(([on, keys]) => ({ on, keys })).toSorted((a, b) => b.keys.length - a.keys.length);
}

/** What starts once something lands; null if nothing waits for a running unit. */
export function nextLine(state: RunState, known: Known, columns: number): Line | null {
  const all = waitedFor(state, known).filter(({ on }) => state.busy.includes(on));
  if (all.length === 0) return null;
  const most = columns >= 100 ? 3 : 1;
  const parts = all
    .slice(0, most)
    .map(({ on, keys }) => `${listSome(keys, 3)} after ${printableLine(keyOf(state, on))}`);
  const left = all.slice(most).flatMap(({ keys }) => keys).length;
  const more = left > 0 ? `; ${left} more` : '';
  return [span(` ${fitTo('NEXT', 8)}`, 'dim'), span(parts.join('; ') + more)];
}

/** What holds the run up, by the first rule that fits; null if nothing does. */
export function holdLine(state: RunState, known: Known): Line | null {
  const text = holdText(state, known);
  return text === null ? null : [span(` ${fitTo('LIMIT', 8)}`, 'dim'), span(text)];
}

function holdText(state: RunState, known: Known): string | null {
  const { busy, caps, refusals, parked, mergeQueue } = state;
  const [cap] = caps.keys().slice(-1);
  if (cap !== undefined) return `nothing new starts: ${printableLine(cap, 200)}`;
  const all = refusals.values().find(({ isAll }) => isAll);
  if (all !== undefined) return `nothing new starts: ${printableLine(all.detail, 200)}`;
  const until = Math.min(...parked.values());
  if (parked.size > 0 && busy.length === 0)
    return `${plural(parked.size, 'unit')} parked${Number.isFinite(until) ? ` until ${clockTime(until)}` : ''}`;
  const toLand = mergeQueue.waiting.length;
  if (toLand >= 3 && toLand * 2 >= busy.length) return `the merge queue: ${plural(toLand, 'unit')} to land`;
  if (busy.length === 0) return null;
  const judging = busy.filter((unit) => state.units.get(unit)?.state === 'judging').length;
  const ready = known.units.filter((unit) => unit.state === 'ready' && !busy.includes(unit.id)).length;
  if (ready > 0 && known.maxAgents !== null && busy.length >= known.maxAgents)
    return `agents: ${busy.length} of ${known.maxAgents} at work, ${plural(ready, 'unit')} ready`;
  if (ready > 0) return `${plural(ready, 'unit')} ready, kept apart from what runs`;
  const [most] = waitedFor(state, known);
  if (most !== undefined) return `dependencies: ${most.keys.length} wait for ${printableLine(keyOf(state, most.on))}`;
  return judging === busy.length ? 'checks and reviews' : null;
}

/** A time of day, where the person is: `07:05:09`. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
