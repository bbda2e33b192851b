import type { Role } from '../model/agent.ts';
import { nameOf, type UnitName } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { attemptId, type AttemptId, type RunId, type UnitId } from '../model/ids.ts';
import type { UnitKind } from '../model/unit.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { isFailure } from './failure-column.ts';
import { readUnit } from './units.ts';

/** One try at a unit. */
export interface AttemptRow {
  readonly id: AttemptId;
  readonly run: RunId;
  readonly unit: UnitId;
  readonly fence: number;
  /** From 1; crashed attempts do not count. */
  readonly number: number;
  readonly role: Role;
  readonly baseCommit: string;
  readonly baseTree: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly repairs: number;
  readonly workTree: string | null;
  readonly workCommit: string | null;
  readonly landingCommit: string | null;
  readonly outcome: string | null;
  readonly failure: Failure | null;
}

const columns = `id, run, unit, fence, number, role, base_commit as baseCommit, base_tree as baseTree, started_at as startedAt,
  ended_at as endedAt, repairs, work_tree as workTree, work_commit as workCommit, landing_commit as landingCommit, outcome, failure`;

type Row = Omit<AttemptRow, 'failure'> & { failure: string | null };

function fromRow(database: Database, row: Row): AttemptRow {
  const { failure } = row;
  return { ...row, failure: failure === null ? null : database.decode(failure, isFailure, 'attempts.failure') };
}

/** One attempt; null if there is none of this id. */
export function readAttempt(database: Database, id: AttemptId): AttemptRow | null {
  const row = database.get(`select ${columns} from attempts where id = ?`, id) as Row | undefined;
  return row ? fromRow(database, row) : null;
}

/** The attempt that made a commit; null if there is none. */
export function readAttemptOf(database: Database, work: string): AttemptRow | null {
  const row = database.get(`select ${columns} from attempts where work_commit = ?`, work) as Row | undefined;
  return row ? fromRow(database, row) : null;
}

/** A unit's attempts, oldest first. */
export function readAttempts(database: Database, unit: UnitId): AttemptRow[] {
  return (database.all(`select ${columns} from attempts where unit = ? order by fence`, unit) as Row[]).map((row) =>
    fromRow(database, row),
  );
}

/** A run's attempts, in order of their start. */
export function readRunAttempts(database: Database, run: RunId): AttemptRow[] {
  return (database.all(`select ${columns} from attempts where run = ? order by started_at, fence`, run) as Row[]).map(
    (row) => fromRow(database, row),
  );
}

/**
 * Claims a ready unit: raises its fence, which invalidates late writes of earlier claims, and opens the attempt. The base,
 * text and criteria by which the attempt will be judged are recorded in the same transaction.
 */
export function claim(
  database: Database,
  options: {
    readonly at: number;
    readonly run: RunId;
    readonly unit: UnitId;
    readonly role: Role;
    readonly baseCommit: string;
    readonly baseTree: string;
    /** The project's checks and a hash of the configuration, recorded as well. */
    readonly projectChecks: readonly string[];
    readonly configHash: string;
    /** `judging` if kept work goes straight to the judge. */
    readonly to: 'working' | 'judging';
  },
): AttemptRow {
  return database.write(() => {
    const row = database.get(
      `update units set fence = fence + 1, state = ?, why = null, failure = null, changed_at = ?
       where id = ? and state = 'ready' returning key, title, fence, attempts, content_hash as hash, criteria_hash as criteria`,
      ...[options.to, options.at, options.unit],
    ) as (UnitName & { fence: number; attempts: number; hash: string; criteria: string }) | undefined;
    if (!row) {
      const found = database.get('select state from units where id = ?', options.unit) as { state: string } | undefined;
      throw new Error(`Internal error: claim of ${options.unit}, which is ${found?.state ?? 'unknown'}`);
    }
    const own = (readUnit(database, options.unit)?.spec.criteria ?? []).flatMap(({ command }) => command ?? []);
    const { fence } = row;
    const attempt: AttemptRow = {
      id: attemptId(options.unit, fence),
      run: options.run,
      unit: options.unit,
      fence,
      number: row.attempts + 1,
      role: options.role,
      baseCommit: options.baseCommit,
      baseTree: options.baseTree,
      startedAt: options.at,
      endedAt: null,
      repairs: 0,
      workTree: null,
      workCommit: null,
      landingCommit: null,
      outcome: null,
      failure: null,
    };
    database.run(
      `insert into attempts (id, run, unit, fence, number, role, base_commit, base_tree, spec_hash, started_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[attempt.id, attempt.run, attempt.unit, fence, attempt.number, attempt.role],
      ...[attempt.baseCommit, attempt.baseTree, row.hash, options.at],
    );
    appendEvent(database, options.at, options.run, {
      type: 'claimed',
      unit: options.unit,
      ...nameOf(row),
      attempt: attempt.id,
      fence,
      role: options.role,
      inputs: {
        baseCommit: options.baseCommit,
        baseTree: options.baseTree,
        contentHash: row.hash,
        criteriaHash: row.criteria,
        checks: [...own, ...options.projectChecks],
        configHash: options.configHash,
      },
    });
    const { unit, to } = options;
    appendEvent(database, options.at, options.run, {
      ...{ type: 'unit-changed', unit, ...nameOf(row), from: 'ready', to, why: null },
    });
    return attempt;
  });
}

/** Records the harvested tree before it is judged, so that after a crash it is judged instead of made again. */
export function recordWork(
  database: Database,
  attempt: AttemptId,
  work: { readonly tree: string; readonly commit: string },
): void {
  database.write(
    () =>
      database.run('update attempts set work_tree = ?, work_commit = ? where id = ?', work.tree, work.commit, attempt),
    'work',
  );
}

/** Records the commit that is about to become the tip; after a crash, git is asked whether it landed. */
export function recordLandingIntent(database: Database, attempt: AttemptId, commit: string): void {
  database.write(
    () => database.run('update attempts set landing_commit = ? where id = ?', commit, attempt),
    'landing intent',
  );
}

/** Counts one more repair of an attempt. */
export function recordRepair(database: Database, attempt: AttemptId): void {
  database.write(() => database.run('update attempts set repairs = repairs + 1 where id = ?', attempt));
}

/** Moves an attempt onto another base, with its work merged there, since it conflicted. */
export function mergedOn(
  database: Database,
  attempt: AttemptId,
  onto: { readonly at: number; readonly baseCommit: string; readonly baseTree: string },
): void {
  database.write(() =>
    database.run(
      `update attempts set base_commit = ?, base_tree = ?, work_tree = null, work_commit = null, repairs = repairs + 1,
       conflict_at = coalesce(conflict_at, ?) where id = ?`,
      ...[onto.baseCommit, onto.baseTree, onto.at, attempt],
    ),
  );
}

/** Ends an attempt; no effect if it has ended. */
export function endAttempt(
  database: Database,
  at: number,
  attempt: AttemptId,
  outcome: string,
  failure: Failure | null,
): void {
  database.write(() =>
    database.run(
      'update attempts set ended_at = ?, outcome = ?, failure = ? where id = ? and ended_at is null',
      at,
      outcome,
      failure ? JSON.stringify(failure) : null,
      attempt,
    ),
  );
}

/** The size of a landed unit and the effort it took, for estimates. */
export interface LandedUnit {
  readonly kind: UnitKind;
  readonly criteria: number;
  /** Characters of its text. */
  readonly characters: number;
  /** Milliseconds of all its attempts, including judging. */
  readonly ms: number;
  /** Null if unknown. */
  readonly costMicroUsd: number | null;
  /** Number of changed files. */
  readonly files: number;
}

/** The units that landed most recently. */
export function readLandedUnits(database: Database, limit: number): LandedUnit[] {
  return database.all(
    `select json_extract(u.spec, '$.kind') as kind, json_array_length(u.spec, '$.criteria') as criteria,
     length(json_extract(u.spec, '$.body')) as characters,
     max(json_array_length(coalesce(u.reached, '[]')), json_array_length(u.spec, '$.touches')) as files,
     (select sum(t.ended_at - t.started_at) from attempts t where t.unit = u.id and t.ended_at is not null) as ms,
     (select sum(s.cost_micro_usd) from sessions s join attempts t on t.id = s.attempt where t.unit = u.id) as costMicroUsd
     from (select unit, max(ended_at) as at from attempts where outcome = 'landed' group by unit order by at desc limit ?) l
     join units u on u.id = l.unit`,
    limit,
  ) as LandedUnit[];
}

/**
 * What the agents and checks of the units that landed most recently took, as a share of the time from claim to landing: the
 * rest is waiting for cores, limits and the merge queue. Above 1 where checks ran side by side; null without a history.
 */
export function readBusyShare(database: Database, limit: number): number | null {
  const { share } = database.get(
    `select sum(busyMs) * 1.0 / sum(ms) as share from (
       select t.ended_at - t.started_at as ms,
       (select sum(e.event ->> '$.spent.ranMs' - coalesce(e.event ->> '$.spent.limitedMs', 0)) from events e
         where e.unit = t.unit and e.type in ('agent-ended', 'check-ran') and e.event ->> '$.attempt' = t.id) as busyMs
       from attempts t where t.outcome = 'landed' order by t.ended_at desc limit ?)
     where ms > 0 and busyMs is not null`,
    limit,
  ) as { readonly share: number | null };
  return share;
}
