import type { HandOff } from '../model/hand-off.ts';
import type { Report } from '../model/report.ts';
import type { RecordedEvent } from '../model/event.ts';
import { printable, printableLine } from '../util/text/printable.ts';
import { accountOf } from './account.ts';
import { headline } from './markdown.ts';

/** Entries and notes of a hand-off, ids and names of an entry, and characters of a text. */
const [mostWaits, mostNotes, mostNames, longest] = [50, 20, 200, 600];

/** What a run leaves for the next one: where it stopped, what waits for whom, and what its agents noted. */
export function handOffOf(report: Report, events: Iterable<RecordedEvent>): HandOff {
  const keys = new Map(report.units.map(({ id, key }) => [id, key]));
  const notes: HandOff['notes'] = [];
  for (const { event } of events) {
    if (event.type !== 'note') continue;
    const text = printable(event.text).trim().slice(0, longest);
    notes.push({ id: event.unit, key: keys.get(event.unit) ?? event.unit, text });
    if (notes.length > mostNotes) notes.shift();
  }
  // What a person types for it depends on where they are.
  const items = accountOf(report, { command: () => '', merge: null });
  return {
    ...{ run: report.run.id, endedAt: report.run.endedAt, stopped: headline(report), notes },
    waits: items
      .filter(({ sign, ids }) => sign !== 'done' && sign !== 'waiting' && ids.length > 0)
      .slice(0, mostWaits)
      .map((item) => ({
        ids: item.ids.slice(0, mostNames),
        keys: item.keys.slice(0, mostNames),
        what: printableLine([item.what, ...item.details].join('; '), longest),
      })),
  };
}

/**
 * What the agents of a unit need to know of the last run: what stopped the unit then, and what agents noted on it and on
 * what it depends on.
 */
export function handedTo(
  { waits, notes }: HandOff,
  unit: { readonly id: string; readonly depends: readonly string[] },
): string[] {
  const near = new Set([unit.id, ...unit.depends]);
  return [
    ...waits.flatMap(({ ids, what }) => (ids.includes(unit.id) ? [`This unit then: ${what}`] : [])),
    ...notes.flatMap(({ id, key, text }) => (near.has(id) ? [`Note from ${key}: ${text.replaceAll('\n', ' ')}`] : [])),
  ];
}
