import type { Role, Usage } from '../model/agent.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import type { MicroUsd } from '../model/money.ts';
import { isText, listOf } from '../util/values/shape.ts';
import type { Database } from './database.ts';

/** One order to an agent. */
export interface SessionRow {
  readonly id: number;
  /** Unique: `<attempt>-<role>`, or `<run>-<role>`; numbered from a role's second session on: `search.1-reviewer-2`. Repairs keep the name. */
  readonly name: string;
  /** Null for an agent that the run itself opened, as `unit` is. */
  readonly attempt: AttemptId | null;
  readonly unit: UnitId | null;
  readonly run: RunId;
  readonly role: Role;
  readonly agent: string;
  readonly model: string | null;
  /** 0 for the first work, then counting repairs. */
  readonly round: number;
  readonly startedAt: number;
  /** Null until it ends. */
  readonly endedAt: number | null;
  readonly usage: Usage;
  readonly outcome: string | null;
  /** Tokens in its context when last reported, and the most that fit; null if unknown. */
  readonly contextTokens: number | null;
  readonly contextWindow: number | null;
  readonly filesRead: readonly string[];
  readonly filesWritten: readonly string[];
  readonly lastWord: string | null;
  /** Its cost up to its first change of a file; null if it made none, or if unknown. */
  readonly orientationMicroUsd: MicroUsd | null;
}

/** The fields that change during a session. */
export type LiveSession = Pick<
  SessionRow,
  'usage' | 'contextTokens' | 'contextWindow' | 'filesRead' | 'filesWritten' | 'lastWord' | 'orientationMicroUsd'
>;

/** Records the start of a session; returns the row's number. */
export function openSession(
  database: Database,
  session: Pick<SessionRow, 'run' | 'name' | 'attempt' | 'unit' | 'role' | 'agent' | 'model' | 'round' | 'startedAt'>,
): number {
  return database.write(
    () =>
      database.insert(
        `insert into sessions (run, name, attempt, unit, role, agent, model, round, started_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[session.run, session.name, session.attempt, session.unit, session.role, session.agent, session.model],
        ...[session.round, session.startedAt],
      ),
    'session',
  );
}

export function updateSession(database: Database, id: number, live: LiveSession): void {
  const { usage } = live;
  database.write(
    () =>
      database.run(
        `update sessions set input_tokens = ?, output_tokens = ?, cache_read_tokens = ?, cache_write_tokens = ?, calls = ?,
         tool_calls = ?, cost_micro_usd = ?, possible_micro_usd = ?, notional_micro_usd = ?, context_tokens = ?, context_window = ?, files_read = ?,
         files_written = ?, last_word = ?, orientation_micro_usd = ? where id = ?`,
        ...[usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWriteTokens],
        ...[usage.calls, usage.toolCalls, usage.costMicroUsd, usage.possibleMicroUsd, usage.notionalMicroUsd],
        ...[live.contextTokens, live.contextWindow, JSON.stringify(live.filesRead), JSON.stringify(live.filesWritten)],
        ...[live.lastWord, live.orientationMicroUsd, id],
      ),
    'session',
  );
}

export function endSession(database: Database, id: number, endedAt: number, outcome: string): void {
  database.write(
    () => database.run('update sessions set ended_at = ?, outcome = ? where id = ?', endedAt, outcome, id),
    'session',
  );
}

/** Ends the sessions of dead runs. */
export function endDeadSessions(database: Database, at: number): void {
  database.write(() => database.run("update sessions set ended_at = ?, outcome = 'killed' where ended_at is null", at));
}

/** Hides ended sessions: one by its name, or all (null). Returns how many. */
export function removeSessions(database: Database, at: number, name: string | null): number {
  return database.write(() =>
    database.run(
      'update sessions set removed_at = ? where ended_at is not null and removed_at is null and (? is null or name = ?)',
      ...[at, name, name],
    ),
  );
}

export type SessionsOf =
  | { readonly run: RunId }
  | { readonly unit: UnitId }
  | { readonly name: string }
  /** Those that were not removed. */
  | 'listed'
  /** Those of all runs that started at or after this time. */
  | { readonly since: number };

/** Sessions in order of their start. */
export function readSessions(database: Database, of: SessionsOf): SessionRow[] {
  const [where, ...values] =
    of === 'listed'
      ? (['s.removed_at is null'] as const)
      : 'run' in of
        ? (['s.run = ?', of.run] as const)
        : 'unit' in of
          ? (['s.unit = ?', of.unit] as const)
          : 'name' in of
            ? (['s.name = ?', of.name] as const)
            : (['s.started_at >= ?', of.since] as const);
  const rows = database.all(
    `select s.id, s.name, s.attempt, s.unit, s.run, s.role, s.agent, s.model, s.round, s.started_at as startedAt,
     s.ended_at as endedAt, s.outcome, s.context_tokens as contextTokens, s.context_window as contextWindow,
     s.files_read as filesRead, s.files_written as filesWritten, s.last_word as lastWord,
     s.orientation_micro_usd as orientationMicroUsd, s.input_tokens as inputTokens, s.output_tokens as outputTokens,
     s.cache_read_tokens as cacheReadTokens, s.cache_write_tokens as cacheWriteTokens, s.calls, s.tool_calls as toolCalls,
     s.cost_micro_usd as costMicroUsd, s.possible_micro_usd as possibleMicroUsd, s.notional_micro_usd as notionalMicroUsd
     from sessions s where ${where} order by s.id`,
    ...values,
  ) as (Omit<SessionRow, 'usage' | 'filesRead' | 'filesWritten'> &
    Usage & { filesRead: string; filesWritten: string })[];
  return rows.map((row) => {
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, calls, toolCalls } = row;
    const { costMicroUsd, possibleMicroUsd, notionalMicroUsd, filesRead, filesWritten, ...rest } = row;
    return {
      id: rest.id,
      name: rest.name === '' ? `${rest.attempt ?? ''}-${rest.role}` : rest.name, // older rows have none
      attempt: rest.attempt,
      unit: rest.unit,
      run: rest.run,
      role: rest.role,
      agent: rest.agent,
      model: rest.model,
      round: rest.round,
      startedAt: rest.startedAt,
      endedAt: rest.endedAt,
      usage: {
        ...{ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, calls, toolCalls },
        ...{ costMicroUsd, possibleMicroUsd, notionalMicroUsd },
      },
      outcome: rest.outcome,
      contextTokens: rest.contextTokens,
      contextWindow: rest.contextWindow,
      filesRead: database.decode(filesRead, listOf(isText<string>), 'sessions.files_read'),
      filesWritten: database.decode(filesWritten, listOf(isText<string>), 'sessions.files_written'),
      lastWord: rest.lastWord,
      orientationMicroUsd: rest.orientationMicroUsd,
    };
  });
}
