import type { Failure } from '../model/failure.ts';
import type { AttemptId, RunId, UnitId } from '../model/ids.ts';
import type { Criterion, UnitSpec, UnitState } from '../model/unit.ts';
import { type Guard, isBoolean, isNumber, isText, listOf, optional, orNull, record } from '../util/shape.ts';
import type { Database, SqlValue } from './database.ts';
import { appendEvent } from './events.ts';
import { isFailure } from './failure-column.ts';

/** Work that is kept for what comes next; its commit stays reachable from a ref of its own. */
export interface KeptWork {
  /** `land`: judge and land it without an agent; `debug`: a fresh agent starts from it; `repair`: the same, its repair was broken off; `rebase`: it conflicted; `fresh`: it is not to be gone on with; `answered`: there is none, but a person's word. */
  readonly purpose: 'land' | 'debug' | 'repair' | 'rebase' | 'fresh' | 'answered';
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
  /** That change; left out where it is the work itself. */
  readonly change?: Shown;
}

/** Two trees, which differ by the change that a person is shown. */
export interface Shown {
  readonly before: string;
  readonly after: string;
}

/** A person's yes, with their words. */
export interface Approval {
  readonly by: string;
  readonly message: string;
  /** The change that was approved: an approval holds for no other. */
  readonly digest?: string;
  readonly change?: Shown;
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
  /** Place in the order of the specs. */
  readonly position: number;
  /** A paused unit starts only when a person resumes it. */
  readonly isPaused: boolean;
  /** Paths that earlier attempts changed. */
  readonly reached: readonly string[];
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
  position: number;
  paused_at: number | null;
  reached: string | null;
}

const columns =
  'spec, state, why, failure, fence, attempts, crashes, conflicts, waits, parked_until, kept_work, landed_commit, answer, changed_at, position, paused_at, reached';

const isCriterion = record<Criterion>({
  position: isNumber,
  text: isText,
  kind: isText,
  command: orNull(isText),
  hash: isText,
  isTicked: orNull(isBoolean),
  line: isNumber,
});

const plannedFields = {
  id: isText,
  kind: isText,
  depends: listOf(isText<UnitId>),
  touches: listOf(isText),
  contracts: listOf(isText),
  exclusive: orNull(isText),
  phase: orNull(isText),
  priority: isNumber,
  answer: orNull(isText),
} as const;

/** What older rows have, too. */
type StoredSpec = Omit<UnitSpec, 'cwd' | 'gate' | 'network' | 'recipe' | 'skills'>;

const isSpec = record<StoredSpec>({
  ...plannedFields,
  key: isText,
  title: isText,
  file: isText,
  line: isNumber,
  body: isText,
  criteria: listOf(isCriterion),
  labels: listOf(isText),
  agent: orNull(isText),
  prompt: orNull(isText),
  isTicked: isBoolean,
  forEachFile: orNull(isText),
  contentHash: isText,
  criteriaHash: isText,
  problems: listOf(record<object>({})) as Guard<UnitSpec['problems']>,
});

const isShown = record<Shown>({ before: isText, after: isText });

const isKeptWork = record<KeptWork>({
  purpose: isText,
  attempt: isText,
  tree: isText,
  commit: isText,
  baseCommit: isText,
  baseTree: isText,
  feedback: orNull(isText),
  approvals: listOf(
    record<Approval>({ by: isText, message: isText, digest: optional(isText), change: optional(isShown) }),
  ),
  digest: optional(isText),
  change: optional(isShown),
});

function reachedOf(database: Database, json: string | null): readonly string[] {
  return json === null ? [] : database.decode(json, listOf(isText<string>), 'units.reached');
}

function fromRow(database: Database, row: Row): UnitRow {
  return {
    spec: {
      ...({ cwd: '', gate: null, network: [], recipe: null, skills: [] } satisfies Partial<UnitSpec>),
      ...database.decode(row.spec, isSpec, 'units.spec'),
    }, // older rows have none
    state: row.state,
    why: row.why,
    failure: row.failure === null ? null : database.decode(row.failure, isFailure, 'units.failure'),
    fence: row.fence,
    attempts: row.attempts,
    crashes: row.crashes,
    conflicts: row.conflicts,
    waits: row.waits,
    parkedUntil: row.parked_until,
    keptWork: row.kept_work === null ? null : database.decode(row.kept_work, isKeptWork, 'units.kept_work'),
    landedCommit: row.landed_commit,
    answer: row.answer,
    changedAt: row.changed_at,
    position: row.position,
    isPaused: row.paused_at !== null,
    reached: reachedOf(database, row.reached),
  };
}

/** All units in the order of their specs, retired ones last. */
export function readUnits(database: Database): UnitRow[] {
  const rows = database.all(`select ${columns} from units order by state = 'retired', position, id`) as Row[];
  return rows.map((row) => fromRow(database, row));
}

/** Units in one of some states, in the order of their specs. */
export function readUnitsIn(database: Database, states: readonly UnitState[]): UnitRow[] {
  const which = states.map(() => '?').join(', ');
  const sql = `select ${columns} from units where state in (${which}) order by position, id`;
  return (database.all(sql, ...states) as Row[]).map((row) => fromRow(database, row));
}

/** What planning has to know of a unit: everything that is asked for but its text. */
export interface PlannedRow extends Pick<UnitRow, 'state' | 'conflicts' | 'position' | 'isPaused' | 'reached'> {
  readonly spec: Pick<
    UnitSpec,
    'id' | 'kind' | 'depends' | 'touches' | 'contracts' | 'exclusive' | 'phase' | 'priority' | 'answer'
  >;
  /** Criteria, and characters of prose. */
  readonly criteria: number;
  readonly characters: number;
}

const plannedColumns = `json_remove(spec, '$.body', '$.criteria', '$.prompt', '$.problems', '$.title') as spec, state,
  conflicts, position, paused_at, reached, json_array_length(spec, '$.criteria') as criteria,
  length(json_extract(spec, '$.body')) as characters`;

type PlannedColumns = Pick<Row, 'spec' | 'state' | 'conflicts' | 'position' | 'paused_at' | 'reached'> &
  Pick<PlannedRow, 'criteria' | 'characters'>;

const isPlannedSpec = record<PlannedRow['spec']>(plannedFields);

function planned(database: Database, row: PlannedColumns): PlannedRow {
  const { state, conflicts, position, criteria, characters } = row;
  return {
    spec: database.decode(row.spec, isPlannedSpec, 'units.spec'),
    ...{ state, conflicts, position, criteria, characters },
    isPaused: row.paused_at !== null,
    reached: reachedOf(database, row.reached),
  };
}

/** All units that can be planned, one after the other, so that little of them is in memory at a time. */
export function* eachPlanned(database: Database): Generator<PlannedRow> {
  const rows = database.each(`select ${plannedColumns} from units where state not in ('retired', 'proposed')`);
  for (const row of rows) yield planned(database, row as PlannedColumns);
}

/** The same of one unit; null when there is none of this id. */
export function readPlanned(database: Database, id: UnitId): PlannedRow | null {
  const row = database.get(`select ${plannedColumns} from units where id = ?`, id);
  return row === undefined ? null : planned(database, row as PlannedColumns);
}

/** Units that wait for a time, and until when (ms since the epoch). */
export function readParked(database: Database): { readonly unit: UnitId; readonly until: number }[] {
  return database.all("select id as unit, coalesce(parked_until, 0) as until from units where state = 'parked'") as {
    unit: UnitId;
    until: number;
  }[];
}

/** A unit in one line. */
export interface UnitLine {
  readonly key: string;
  readonly title: string;
  readonly state: UnitState;
  readonly why: string | null;
  readonly isPaused: boolean;
}

/** All units, each in one line, in the order of their specs; retired ones last. */
export function readUnitLines(database: Database): UnitLine[] {
  const rows = database.all(
    `select key, title, state, why, paused_at is not null as isPaused from units
     order by state = 'retired', position, id`,
  ) as (Omit<UnitLine, 'isPaused'> & { isPaused: number })[];
  return rows.map((row) => ({ ...row, isPaused: row.isPaused === 1 }));
}

/** What units are called, in the order of their specs; retired ones last. */
export function readUnitNames(database: Database): { readonly id: UnitId; readonly key: string }[] {
  return database.all("select id, key from units order by state = 'retired', position, id") as {
    id: UnitId;
    key: string;
  }[];
}

/** The keys of units that depend on one, in the order of their specs. */
export function readDependents(database: Database, id: UnitId): string[] {
  const rows = database.all(
    `select key from dependencies join units on id = unit where depends_on = ? and state <> 'retired' order by position, id`,
    id,
  ) as { key: string }[];
  return rows.map(({ key }) => key);
}

/** One unit; null when there is none of this id. */
export function readUnit(database: Database, id: UnitId): UnitRow | null {
  const row = database.get(`select ${columns} from units where id = ?`, id) as Row | undefined;
  return row ? fromRow(database, row) : null;
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
    if (change.to === 'done') refreshDependents(database, at, run, change.unit, true);
    else if (before.state === 'done') refreshDependents(database, at, run, change.unit, false);
    if (change.to === 'waiting') refresh(database, at, run, becomesReady, 'id = ? and +state = ?', [change.unit]);
  });
}

/** Keeps a unit from starting, or lets it start again; true when that changed something. */
export function pauseUnit(database: Database, at: number, run: RunId | null, unit: UnitId, isPaused: boolean): boolean {
  return database.write(() => {
    const changed = database.run(
      'update units set paused_at = ? where id = ? and (paused_at is null) = ?',
      ...[isPaused ? at : null, unit, isPaused ? 1 : 0],
    );
    if (changed > 0) appendEvent(database, at, run, { type: isPaused ? 'unit-paused' : 'unit-resumed', unit });
    return changed > 0;
  });
}

/** Adds to what is known of the paths that a unit changes: at most a hundred, above that nothing is said. */
export function recordReach(database: Database, unit: UnitId, files: readonly string[]): void {
  database.write(() => {
    const row = readUnit(database, unit);
    const reached = [...new Set([...(row?.reached ?? []), ...files])];
    if (reached.length > maxReached || reached.length === row?.reached.length) return;
    database.run('update units set reached = ? where id = ?', JSON.stringify(reached), unit);
  });
}

const maxReached = 100;

const becomesReady = { from: 'waiting', to: 'ready' } as const;
const becomesWaiting = { from: 'ready', to: 'waiting' } as const;
type Move = typeof becomesReady | typeof becomesWaiting;

/** Moves units between `waiting` and `ready` as their dependencies say. Call it in a write transaction. */
export function refreshReady(database: Database, at: number, run: RunId | null): void {
  for (const move of [becomesReady, becomesWaiting]) refresh(database, at, run, move, 'state = ?', []);
}

/** The same for those that depend on a unit which is done now, or is no longer. */
function refreshDependents(database: Database, at: number, run: RunId | null, unit: UnitId, isDone: boolean): void {
  const which = 'id in (select unit from dependencies where depends_on = ?) and +state = ?';
  refresh(database, at, run, isDone ? becomesReady : becomesWaiting, which, [unit]);
}

function refresh(
  database: Database,
  at: number,
  run: RunId | null,
  move: Move,
  which: string,
  parameters: readonly SqlValue[],
): void {
  // Units mostly land in their order: of many dependencies the last is looked at first.
  const open = `((select 1 from dependencies d left join units u on u.id = d.depends_on
    where d.unit = units.id and (u.id is null or u.state <> 'done') order by d.depends_on desc limit 1) is not null)`;
  const dependencyWhy = 'a dependency is not done';
  const { from, to } = move;
  const where = to === 'ready' ? `not ${open}` : open;
  const rows = database.all(
    `select id, why from units where ${which} and ${where} order by position`,
    ...parameters,
    from,
  ) as { id: UnitId; why: string | null }[];
  for (const row of rows) {
    const why = to === 'waiting' ? dependencyWhy : row.why === dependencyWhy ? null : row.why;
    database.run('update units set state = ?, why = ?, changed_at = ? where id = ?', to, why, at, row.id);
    appendEvent(database, at, run, { type: 'unit-changed', unit: row.id, from, to, why });
  }
}
