import type { Event } from '../../model/event.ts';
import type { RunId } from '../../model/ids.ts';
import type { Parallelism } from '../../model/parallelism.ts';
import { Bets, type BetFigures, type Care, rememberedBets } from '../../plan/bets.ts';
import { readBet, readBets } from '../../queue/bets.ts';
import { type Caps, capLeft } from '../../queue/budget.ts';
import type { Database } from '../../queue/database.ts';

/** Decides how far units may bet, by what became of the last bets, and by what is left of the budget. */
export class Betting {
  readonly #database: Database;
  readonly #wanted: Parallelism;
  readonly #money: { readonly run: RunId | null; readonly caps: Caps };
  readonly #bets: Bets;

  constructor(
    database: Database,
    options: { readonly parallelism: Parallelism; readonly run: RunId | null; readonly caps: Caps },
  ) {
    this.#database = database;
    this.#wanted = options.parallelism;
    this.#money = options;
    this.#bets = new Bets(readBets(database, rememberedBets));
  }

  get figures(): BetFigures {
    return this.#bets.figures;
  }

  /** Learns from an event of the run. */
  hear(event: Event): void {
    if (event.type === 'landed') this.#bets.add(readBet(this.#database, event.attempt, false));
    else if (event.type === 'not-done' && isConflict(event))
      this.#bets.add(readBet(this.#database, event.attempt, true));
  }

  /** Why `balanced` acts like `careful` now; null if it does not. */
  careAt(now: number): Care | null {
    return this.#wanted === 'balanced' ? this.#bets.careFor(capLeft(this.#database, { ...this.#money, now })) : null;
  }

  /** The parallelism that follows. */
  with(care: Care | null): Parallelism {
    return care === null ? this.#wanted : 'careful';
  }
}

function isConflict({ next, failure }: Extract<Event, { readonly type: 'not-done' }>): boolean {
  return next === 'merge' || next === 'rebase' || failure.reason === 'merge-conflict';
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Why units take turns, as text. */
export function describeCare(care: Care): string {
  switch (care.kind) {
    case 'conflicts':
      return `${care.lost} of the last ${care.made} landings conflicted`;
    case 'redone':
      return `${percent(care.share)} of the cost of the last landings was work that had conflicted and was done again`;
    case 'cap':
      return `${percent(Math.max(0, care.leftShare))} of a budget is left`;
  }
}
