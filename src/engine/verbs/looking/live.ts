import type { RecordedEvent } from '../../../model/event.ts';
import type { RunId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import { remainingMs } from '../../../plan/remaining.ts';
import { readLandedUnits } from '../../../queue/attempts.ts';
import { runSpending } from '../../../queue/budget.ts';
import type { Database } from '../../../queue/database.ts';
import { readSince } from '../../../queue/events.ts';
import { readRunLimits, type RunRow } from '../../../queue/runs.ts';
import { readSessions } from '../../../queue/sessions.ts';
import { eachPlanned } from '../../../queue/units.ts';
import type { Known } from '../../../report/live/known.ts';
import { learnEstimates, spreadOf } from '../../run/estimates.ts';
import { sizeOf } from '../../run/planning.ts';
import { findRun } from '../queue/find-run.ts';
import { lookAtQueue } from '../queue/reading.ts';
import { verb } from '../verb.ts';

/** A run as it goes on. */
export interface LiveRun {
  readonly kind: 'live';
  readonly run: RunRow;
  /** True while a process executes it. */
  readonly isRunning: boolean;
  /** What happened after the event that was named, at most `mostEvents`. */
  readonly events: readonly RecordedEvent[];
  /** Whether there are more of them. */
  readonly hasMore: boolean;
  /** Null where it was not asked for. */
  readonly known: Known | null;
}

/** Events of an answer. */
const mostEvents = 5000;

/** What happened in a run after an event, and what is known of its sizes, history and money. It reads only. */
export const live = verb(
  (z) =>
    z.strictObject({
      folder: z.string(),
      run: z.string().nullable().default(null),
      after: z.int().min(0).nullable().default(0),
      isKnown: z.boolean().default(true),
    }),
  async (asker, { folder, run: name, after, isKnown }) =>
    lookAtQueue(asker, folder, ({ database, isRunning }): LiveRun => {
      if (database === null) throw refused('no-run', { folder });
      const run = findRun(database, folder, name);
      const events = after === null ? [] : firstOf(readSince(database, run.id, after), mostEvents + 1);
      return {
        ...{ kind: 'live', run, isRunning: isRunning && run.endedAt === null },
        ...{ events: events.slice(0, mostEvents), hasMore: events.length > mostEvents },
        known: isKnown ? knownOf(database, run.id, Date.now()) : null,
      };
    }),
);

function firstOf(all: Iterable<RecordedEvent>, most: number): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const event of all) {
    events.push(event);
    if (events.length >= most) break;
  }
  return events;
}

/** The part of a unit's usual time that is taken to be left once it took longer. */
const overtime = 0.1;

function knownOf(database: Database, run: RunId, now: number): Known {
  const landed = readLandedUnits(database, 500);
  const estimates = learnEstimates(landed);
  const sessions = readSessions(database, { run });
  const active = sessions.filter(({ endedAt }) => endedAt === null);
  const limits = readRunLimits(database, run);
  const open = [...eachPlanned(database)].filter(({ state }) => state !== 'done' && state !== 'cancelled');
  const units = open.map((row) => ({
    ...{ id: row.spec.id, key: row.spec.key, state: row.state, phase: row.spec.phase, depends: row.spec.depends },
    usualMs: estimates.isFromHistory ? estimates.msOf(sizeOf(row)) : null,
  }));
  const began = new Map(active.toReversed().map(({ unit, startedAt }) => [unit, startedAt]));
  const left = units
    .filter(({ state }) => ['ready', 'waiting', 'parked', 'working', 'judging'].includes(state))
    .map(({ id, depends, usualMs }) => {
      const usual = usualMs ?? 0;
      return { id, depends, ms: Math.max(usual * overtime, usual - (now - (began.get(id) ?? now))) };
    });
  const spread = spreadOf(landed, estimates);
  const ms = remainingMs(left, limits.maxAgents ?? 1);
  return {
    units,
    left: spread === null ? null : { fromMs: ms * spread.low, toMs: ms * spread.high },
    sessions: active.map(({ name, contextTokens, contextWindow, usage }) => ({
      ...{ name, contextTokens, contextWindow, costMicroUsd: usage.costMicroUsd },
    })),
    tokens: sessions.reduce(
      (sum, { usage }) => sum + usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens,
      0,
    ),
    tokensPerMinute: null,
    spentMicroUsd: runSpending(database, run).spentMicroUsd,
    ...limits,
  };
}
