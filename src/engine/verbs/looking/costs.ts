import type { Role } from '../../../model/agent.ts';
import { toUsd } from '../../../model/money.ts';
import { refused } from '../../../model/refusal.ts';
import { isOfEarlierQueue, readSpending, type SpendingRow, totalSpending } from '../../../queue/budget.ts';
import type { Database } from '../../../queue/database.ts';
import { readVerdicts } from '../../../queue/evidence.ts';
import { readSessions, type SessionRow } from '../../../queue/sessions.ts';
import { readUnit } from '../../../queue/units.ts';
import { averageLoad, type Load, loaded, noLoad } from '../../../report/load.ts';
import { findUnit } from '../queue/find-units.ts';
import { readPast } from '../queue/reading.ts';
import { findRun } from '../queue/find-run.ts';
import { verb } from '../verb.ts';

/**
 * Cost and token usage. Dollars are list prices, as the budget counted them. Orders of unknown cost are not included;
 * `unknown` counts them.
 */
export interface Costs {
  readonly kind: 'costs';
  /** For people: "run …", "unit …", "month …". */
  readonly of: string;
  /** Spent for certain. */
  readonly usd: number;
  /** What active calls, and calls whose end was not seen, may cost in addition: it stays reserved. */
  readonly possibleUsd: number;
  /** Kept for judging what is being made. */
  readonly heldUsd: number;
  /** What subscriptions paid for. */
  readonly notionalUsd: number;
  /** Orders of unknown cost. */
  readonly unknown: number;
  readonly orders: number;
  readonly calls: number;
  readonly tokens: {
    readonly input: number;
    readonly cacheWrite: number;
    readonly cacheRead: number;
    readonly output: number;
  };
  /** Of the prompts' tokens, those that came from the provider's cache: 0 to 1; null without any. */
  readonly cacheHitShare: number | null;
  /** Before the first change: scouts, planners, and who changes something until then, where that was seen. */
  readonly orientationUsd: number;
  /** After a first verdict: repairs, and attempts that put others' work right. */
  readonly repairUsd: number;
  readonly reviewUsd: number;
  readonly byRole: readonly { readonly role: Role; readonly orders: number; readonly usd: number }[];
  readonly byUnit: readonly {
    readonly key: string;
    readonly usd: number;
    readonly criteriaMet: number;
    /** Null when none is met. */
    readonly usdPerCriterion: number | null;
  }[];
  /** Agents active at the same time: at most, and on average while there was one. */
  readonly peakParallel: number;
  readonly averageParallel: number;
  readonly agentMs: number;
}

/** Cost and token usage of a unit, of a month or of a run; where none of them is named, of the newest run. */
export const costs = verb(
  (z) =>
    z
      .strictObject({
        folder: z.string(),
        run: z.string().nullable().default(null),
        unit: z.string().nullable().default(null),
        /** By this machine's clock. */
        month: z
          .string()
          .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'a month, as "2026-11"')
          .nullable()
          .default(null),
      })
      .refine(({ run, unit, month }) => [run, unit, month].filter((one) => one !== null).length <= 1, {
        error: 'a run, a unit or a month, and only one of them',
      }),
  async (asker, of) =>
    readPast(asker, of.folder, ({ database }) => {
      if (database === null) throw refused('no-run', { folder: of.folder });
      return tell(database, pick(database, of));
    }),
);

/** What the costs are asked for. */
interface CostsOf {
  readonly folder: string;
  readonly run: string | null;
  readonly unit: string | null;
  readonly month: string | null;
}

/** What the costs are of: its name, its sessions and its spending. */
interface Picked {
  readonly title: string;
  readonly sessions: readonly SessionRow[];
  readonly spending: readonly SpendingRow[];
}

function pick(database: Database, of: CostsOf): Picked {
  if (of.unit !== null) {
    const { spec } = findUnit(database, of.unit);
    const which = { unit: spec.id };
    return {
      title: `unit ${spec.key}`,
      sessions: readSessions(database, which),
      spending: readSpending(database, which),
    };
  }
  if (of.month !== null) {
    const [year, month] = of.month.split('-').map(Number);
    if (year === undefined || month === undefined) throw new Error(`Internal error: ${of.month} was not checked`);
    const [from, to] = [new Date(year, month - 1, 1).getTime(), new Date(year, month, 1).getTime()];
    const sessions = readSessions(database, { since: from }).filter((session) => session.startedAt < to);
    const spending = readSpending(database, { from, to }).filter((row) => !isOfEarlierQueue(row));
    return { title: `month ${of.month}`, sessions, spending };
  }
  const run = findRun(database, of.folder, of.run);
  const which = { run: run.id };
  return { title: `run ${run.id}`, sessions: readSessions(database, which), spending: readSpending(database, which) };
}

function tell(database: Database, { title, sessions, spending }: Picked): Costs {
  const sum = (some: readonly SessionRow[], take: (session: SessionRow) => number): number =>
    some.reduce((total, session) => total + take(session), 0);
  const told = (some: readonly SessionRow[]): number => toUsd(sum(some, ({ usage }) => usage.costMicroUsd ?? 0));
  const usd = (is: (row: SpendingRow) => boolean): number => toUsd(totalSpending(spending.filter(is)).spentMicroUsd);
  const total = totalSpending(spending);
  const tokens = {
    input: sum(sessions, ({ usage }) => usage.inputTokens),
    cacheWrite: sum(sessions, ({ usage }) => usage.cacheWriteTokens),
    cacheRead: sum(sessions, ({ usage }) => usage.cacheReadTokens),
    output: sum(sessions, ({ usage }) => usage.outputTokens),
  };
  const prompt = tokens.input + tokens.cacheWrite + tokens.cacheRead;
  const load = loadOf(sessions);
  const roles = [...new Set(sessions.map(({ role }) => role))];
  const ids = [...new Set(sessions.flatMap(({ unit }) => unit ?? []))];
  const units = new Map(ids.flatMap((id) => readUnit(database, id) ?? []).map(({ spec }) => [spec.id, spec]));
  const moneyOf = Map.groupBy(spending, ({ unit }) => unit);
  const byUnit = ids.map((id) => {
    const spent = toUsd(totalSpending(moneyOf.get(id) ?? []).spentMicroUsd);
    const spec = units.get(id);
    const met = (spec ? readVerdicts(database, spec) : []).filter(
      ({ kind, verdict }) => kind !== 'project-check' && kind !== 'review' && verdict === 'met',
    ).length;
    const usdPerCriterion = met === 0 ? null : spent / met;
    return { key: spec?.key ?? id, usd: spent, criteriaMet: met, usdPerCriterion };
  });
  return {
    kind: 'costs',
    of: title,
    usd: toUsd(total.spentMicroUsd),
    possibleUsd: toUsd(total.possibleMicroUsd),
    heldUsd: toUsd(total.heldMicroUsd),
    notionalUsd: toUsd(sum(sessions, ({ usage }) => usage.notionalMicroUsd)),
    unknown: sessions.filter(({ usage, endedAt }) => usage.costMicroUsd === null && endedAt !== null).length,
    orders: sessions.length,
    calls: sum(sessions, ({ usage }) => usage.calls),
    tokens,
    cacheHitShare: prompt === 0 ? null : tokens.cacheRead / prompt,
    orientationUsd: toUsd(sum(sessions, orientation)),
    repairUsd: told(sessions.filter(({ round, role }) => round > 0 || role === 'debugger')),
    reviewUsd: usd(({ role }) => role === 'reviewer'),
    byRole: roles.map((role) => {
      const some = sessions.filter((session) => session.role === role);
      return { role, orders: some.length, usd: usd((row) => row.role === role) };
    }),
    byUnit: byUnit.toSorted((a, b) => b.usd - a.usd),
    peakParallel: load.peak,
    averageParallel: averageLoad(load),
    agentMs: load.sumMs,
  };
}

/** Micro-dollars of a session that went before the first change. */
function orientation({ role, usage, orientationMicroUsd }: SessionRow): number {
  return (role === 'scout' || role === 'planner' ? usage.costMicroUsd : orientationMicroUsd) ?? 0;
}

/** How many were active at the same time. */
function loadOf(sessions: readonly SessionRow[]): Load {
  const now = Date.now();
  return sessions
    .flatMap(({ startedAt, endedAt }) => [
      { at: startedAt, by: 1 },
      { at: endedAt ?? now, by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || b.by - a.by)
    .reduce((load, { at, by }) => loaded(load, at, by), noLoad);
}
