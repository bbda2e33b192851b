import type { RunId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Database } from '../../queue/database.ts';
import { addProposal, type Proposal } from '../../queue/proposals.ts';
import { readProposed, readUnit } from '../../queue/units.ts';
import { areAlike, type Words, wordsOf } from '../../specs/text/similar.ts';
import type { Clock } from '../../util/time/clock.ts';

/** Where proposals are stored, and what they are compared with. */
export interface Proposing {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  /** The run; null outside of one. */
  readonly id: RunId | null;
  readonly asked: { readonly units: readonly UnitSpec[] };
}

/**
 * Stores proposals for a person. Left out are those that ask for the same as an open unit, or as an earlier proposal, whatever
 * was decided about that: a rejected one does not come back.
 */
export function propose({ database, clock, id, asked }: Proposing, all: readonly Proposal[]): void {
  if (all.length === 0) return;
  const proposed = readProposed(database).map(({ spec }) => wordsOfUnit(spec));
  for (const proposal of all) {
    const words = wordsOf(proposal);
    const isLike = (other: Words): boolean => areAlike(words, other);
    if (proposed.some(isLike)) continue;
    if (wordsOfAll(asked.units).some(([unit, other]) => isLike(other) && readUnit(database, unit)?.state !== 'done'))
      continue;
    proposed.push(words);
    addProposal(database, clock.now(), id, proposal);
  }
}

/** The words of a unit, to compare it with others. */
export function wordsOfUnit({ title, criteria }: Pick<UnitSpec, 'title' | 'criteria'>): Words {
  return wordsOf({ title, criteria: criteria.map(({ text }) => text) });
}

const folded = new WeakMap<readonly UnitSpec[], readonly (readonly [UnitSpec['id'], Words])[]>();

/** The words of all open units; cached by the array's identity. */
function wordsOfAll(units: readonly UnitSpec[]): readonly (readonly [UnitSpec['id'], Words])[] {
  let all = folded.get(units);
  if (!all) {
    all = units.filter((unit) => !unit.isTicked && unit.gate === null).map((unit) => [unit.id, wordsOfUnit(unit)]);
    folded.set(units, all);
  }
  return all;
}
