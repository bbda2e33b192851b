import type { Failure } from '../model/failure.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import type { UnitSpec, UnitState } from '../model/unit.ts';
import type { Database, SqlValue } from './database.ts';
import { appendEvent } from './events.ts';

/** Work that is kept for what comes next; its commit stays reachable from a ref of its own. */
export interface KeptWork {
  /** `land`: judge and land it without an agent; `debug`: a fresh agent starts from it; `rebase`: it conflicted; `fresh`: it is not to be gone on with. */
  readonly purpose: 'land' | 'debug' | 'rebase' | 'fresh';
  readonly attempt: AttemptId;
  readonly tree: string;
  readonly commit: string;
  readonly baseCommit: string;
  readonly baseTree: string;
  /** What the next agent must know: the evidence, the other side of a conflict, a person's words. */
  readonly feedback: string | null;
  readonly approvals: readonly Approval[];
  /** Names the change that a person is shown; left out where there is none. */
  readonly digest?: string;
}

/** A person's yes, with their words. */
export interface Approval {
  readonly by: string;
  readonly message: string;
  /** The change that was approved: an approval holds for no other. */
  readonly digest?: string;
}

/** A unit with its state. */
export interface UnitRow {
  readonly spec: UnitSpec;
  readonly state: UnitState;
  readonly why: string | null;
  readonly failure: Failure | null;
  readonly fence: number;
  /** Attempts that counted. */
  readonly attempts: number;
  readonly crashes: number;
  readonly conflicts: number;
  /** How often a provider made it wait in a row. */
  readonly waits: number;
  readonly parkedUntil: number | null;
  readonly keptWork: KeptWork | null;
  readonly landedCommit: string | null;
  readonly answer: string | null;
  readonly changedAt: number;
}

interface Row {
  spec: string;
  state: UnitState;
  why: string | null;
  failure: string | null;
  fence: number;
  attempts: number;
  crashes: number;
  conflicts: number;
  waits: number;
  parked_until: number | null;
  kept_work: string | null;
  landed_commit: string | null;
  answer: string | null;
  changed_at: number;
}

const columns =
  'spec, state, why, failure, fence, attempts, crashes, conflicts, waits, parked_until, kept_work, landed_commit, answer, changed_at';

function fromRow(row: Row): UnitRow {
  return {
    spec: {
      ...({ cwd: '', gate: null, network: [] } satisfies Partial<UnitSpec>),
      ...(JSON.parse(row.spec) as Omit<UnitSpec, 'cwd' | 'gate' | 'network'>),
    }, // older rows have none
    state: row.state,
    why: row.why,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as Failure),
    fence: row.fence,
    attempts: row.attempts,
    crashes: row.crashes,
    conflicts: row.conflicts,
    waits: row.waits,
    parkedUntil: row.parked_until,
    keptWork: row.kept_work === null ? null : (JSON.parse(row.kept_work) as KeptWork),
    landedCommit: row.landed_commit,
    answer: row.answer,
    changedAt: row.changed_at,
  };
}

/** All units in the order of their specs, retired ones last. */
export function readUnits(database: Database): UnitRow[] {
  return (database.all(`select ${columns} from units order by state = 'retired', position, id`) as Row[]).map(fromRow);
}

/** One unit; null when there is none of this id. */
export function readUnit(database: Database, id: UnitId): UnitRow | null {
  const row = database.get(`select ${columns} from units where id = ?`, id) as Row | undefined;
  return row ? fromRow(row) : null;
}

/** A write that came from an older claim than the unit's present one; its work no longer counts. */
export class StaleFence extends Error {
  constructor(unit: UnitId, fence: number) {
    super(`a newer claim than ${fence} holds ${unit}`);
    this.name = 'StaleFence';
  }
}

/** What a transition may change beside the state; what is left out stays as it is. */
export interface Transition {
  readonly unit: UnitId;
  readonly to: UnitState;
  readonly why?: string | null;
  readonly failure?: Failure | null;
  /** The claim that speaks; a newer one voids the write (`StaleFence`). Left out: whoever holds the run lock. */
  readonly fence?: number;
  readonly attempts?: number;
  readonly crashes?: number;
  readonly conflicts?: number;
  readonly waits?: number;
  readonly parkedUntil?: number | null;
  readonly keptWork?: KeptWork | null;
  readonly landedCommit?: string | null;
  readonly answer?: string | null;
}

/** Changes a unit's state and records the event, in one transaction. `why` and `failure` are cleared unless given. */
export function transition(database: Database, at: number, run: RunId | null, change: Transition): void {
  database.write(() => {
    const before = database.get('select state, why, fence from units where id = ?', change.unit) as
      { state: UnitState; why: string | null; fence: number } | undefined;
    if (!before) throw new Error(`Internal error: no unit ${change.unit}`);
    if (change.fence !== undefined && before.fence !== change.fence) throw new StaleFence(change.unit, change.fence);
    const sets: [string, SqlValue][] = [
      ['state', change.to],
      ['why', change.why ?? null],
      ['failure', change.failure ? JSON.stringify(change.failure) : null],
      ['changed_at', at],
    ];
    if (change.attempts !== undefined) sets.push(['attempts', change.attempts]);
    if (change.crashes !== undefined) sets.push(['crashes', change.crashes]);
    if (change.conflicts !== undefined) sets.push(['conflicts', change.conflicts]);
    if (change.waits !== undefined) sets.push(['waits', change.waits]);
    if (change.parkedUntil !== undefined) sets.push(['parked_until', change.parkedUntil]);
    if (change.keptWork !== undefined)
      sets.push(['kept_work', change.keptWork ? JSON.stringify(change.keptWork) : null]);
    if (change.landedCommit !== undefined) sets.push(['landed_commit', change.landedCommit]);
    if (change.answer !== undefined) sets.push(['answer', change.answer]);
    database.run(
      `update units set ${sets.map(([column]) => `${column} = ?`).join(', ')} where id = ?`,
      ...sets.map(([, value]) => value),
      change.unit,
    );
    if (before.state !== change.to || before.why !== (change.why ?? null)) {
      appendEvent(database, at, run, {
        type: 'unit-changed',
        unit: change.unit,
        from: before.state,
        to: change.to,
        why: change.why ?? null,
      });
    }
    if (change.to === 'done' || before.state === 'done') refreshReady(database, at, run);
  });
}

/** Moves units between `waiting` and `ready` as their dependencies say. Call it in a write transaction. */
export function refreshReady(database: Database, at: number, run: RunId | null): void {
  const open = `exists (select 1 from dependencies d left join units u on u.id = d.depends_on
    where d.unit = units.id and (u.id is null or u.state <> 'done'))`;
  const dependencyWhy = 'a dependency is not done';
  const moves = [
    { from: 'waiting', to: 'ready', where: `not ${open}` },
    { from: 'ready', to: 'waiting', where: open },
  ] as const;
  for (const { from, to, where } of moves) {
    const rows = database.all(`select id, why from units where state = ? and ${where} order by position`, from) as {
      id: UnitId;
      why: string | null;
    }[];
    for (const row of rows) {
      const why = to === 'waiting' ? dependencyWhy : row.why === dependencyWhy ? null : row.why;
      database.run('update units set state = ?, why = ?, changed_at = ? where id = ?', to, why, at, row.id);
      appendEvent(database, at, run, { type: 'unit-changed', unit: row.id, from, to, why });
    }
  }
}
