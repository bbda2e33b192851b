import path from 'node:path';
import { exitCodes } from '../../../model/exit-code.ts';
import type { Meanwhile } from '../verb.ts';
import { verb } from '../verb.ts';
import { askLead, type Led, leadInput, writeLed } from './led.ts';
import { type LedUnit } from '../../lead/divide.ts';
import type { WrittenUnit } from './led-units.ts';
import { requestOf, runToEnd } from './run.ts';
import { runInput } from './run-input.ts';
import type { RunResult } from './run-result.ts';
import type { RunTalk } from './work-through.ts';

/** What a task came to. */
export interface Orchestrated extends Led {
  readonly kind: 'orchestrated';
  /** What was written: as drafts where the person did not agree to the list. */
  readonly units: readonly WrittenUnit[];
  readonly isDraft: boolean;
  /** The run of these units; null where there was none. */
  readonly run: RunResult | null;
}

/** What is asked before anything is built. */
export interface Reviewing {
  /** Shows the list; false keeps it as drafts. */
  readonly review: (units: readonly LedUnit[], led: Led) => Promise<boolean>;
}

/** Has a lead divide a task, and runs its units to the end, within one budget and one time. */
export const orchestrate = verb(
  (z) => z.strictObject({ ...leadInput(z), maxAgents: z.int().min(1).nullable().default(null) }),
  async (
    asker,
    { maxAgents, ...input },
    { review, ...meanwhile }: Meanwhile & Partial<RunTalk & Reviewing>,
  ): Promise<Orchestrated> => {
    const from = Date.now();
    const { led, units } = await askLead(asker, input, meanwhile);
    if (units.length === 0) return { kind: 'orchestrated', ...led, units: [], isDraft: false, run: null };
    const isDraft = review !== undefined && !(await review(units, led));
    const written = await writeLed(asker, input.folder, input.goal, { units, isDraft });
    const of = { kind: 'orchestrated', ...led, units: written, isDraft } as const;
    const ending = (outcome: 'waiting-for-person' | 'cap-reached'): Orchestrated => ({
      ...{ ...of, outcome, exitCode: exitCodes[outcome], run: null },
    });
    if (isDraft) return ending('waiting-for-person');
    const { goal: _goal, given: _given, budgetUsd, maxTimeMs, ...wishes } = input;
    // What the lead took is taken from both.
    const leftUsd = budgetUsd === null ? null : budgetUsd - (led.costUsd ?? 0);
    const leftMs = maxTimeMs === null ? null : maxTimeMs - (Date.now() - from);
    if ((leftUsd !== null && leftUsd <= 0) || (leftMs !== null && leftMs <= 0)) return ending('cap-reached');
    const asked = runInput((await import('zod')).z).parse({
      ...{ ...wishes, budgetUsd: leftUsd, maxTimeMs: leftMs, maxAgents },
      selection: { only: written.map(({ key }) => key) },
    });
    let run: RunResult;
    try {
      run = await runToEnd(requestOf(asker, asked, meanwhile, null));
    } catch (error) {
      const folder = path.posix.dirname(written[0]?.file ?? '');
      asker.notice?.(`The units are written, below ${folder}: "backlog run" goes on with them.`);
      throw error;
    }
    const costUsd = led.costUsd === null || run.report === null ? null : sum(led.costUsd, run.report.totals.costUsd);
    return { ...of, outcome: run.outcome, exitCode: run.exitCode, costUsd, run };
  },
);

function sum(a: number, b: number | null): number | null {
  return b === null ? null : Math.round((a + b) * 1e6) / 1e6;
}
