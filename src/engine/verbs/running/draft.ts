import type { Meanwhile } from '../verb.ts';
import { verb } from '../verb.ts';
import { askLead, type Led, leadInput, writeLed } from './led.ts';
import type { WrittenUnit } from './led-units.ts';
import type { RunTalk } from './work-through.ts';

/** What became of a goal. */
export interface Drafted extends Led {
  readonly kind: 'drafted';
  /** What was written, as drafts, which never run. */
  readonly units: readonly WrittenUnit[];
}

/** Has a lead divide a goal, and writes its units as drafts. */
export const draft = verb(
  (z) => z.strictObject(leadInput(z)),
  async (asker, input, meanwhile: Meanwhile & Partial<RunTalk>): Promise<Drafted> => {
    const { led, units } = await askLead(asker, input, meanwhile);
    const written = units.length === 0 ? [] : await writeLed(asker, input.folder, input.goal, { units, isDraft: true });
    return { kind: 'drafted', ...led, units: written };
  },
);
