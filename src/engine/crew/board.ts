import type { RecordedEvent } from '../../model/event.ts';
import type { HandOff } from '../../model/hand-off.ts';
import type { UnitId } from '../../model/ids.ts';
import { handedTo } from '../../report/hand-off.ts';

/** Maximum of shown notes. */
const shown = 20;

/** What a run's agents know of each other: their notes, and the units in progress. Fed by committed events. */
export class Board {
  readonly #notes: { readonly unit: UnitId; readonly text: string }[] = [];
  readonly #atWork = new Set<UnitId>();
  readonly #last: HandOff | null;

  /** `last`: what the last run left; null for nothing. */
  constructor(last: HandOff | null) {
    this.#last = last;
  }

  hear({ event }: RecordedEvent): void {
    if (event.type === 'note') this.#notes.push({ unit: event.unit, text: event.text });
    if (event.type !== 'unit-changed') return;
    if (event.to === 'working' || event.to === 'judging') this.#atWork.add(event.unit);
    else this.#atWork.delete(event.unit);
  }

  /** The last notes of other units. */
  notesFor(unit: UnitId): readonly { readonly unit: UnitId; readonly text: string }[] {
    const found = [];
    for (let at = this.#notes.length - 1; at >= 0 && found.length < shown; at--) {
      const note = this.#notes[at];
      if (note && note.unit !== unit) found.unshift(note);
    }
    return found;
  }

  /** What the last run left for a unit. */
  handedTo(unit: { readonly id: UnitId; readonly depends: readonly UnitId[] }): readonly string[] {
    return this.#last === null ? [] : handedTo(this.#last, unit);
  }

  /** The other units in progress. */
  beside(unit: UnitId): readonly UnitId[] {
    return [...this.#atWork].filter((other) => other !== unit);
  }
}
