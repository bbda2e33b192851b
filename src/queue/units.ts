import type { Failure } from '../model/failure.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import {
  type Criterion,
  type FormerHashes,
  type Place,
  unasked,
  type UnitSpec,
  type UnitState,
  unitStates,
} from '../model/unit.ts';
import { type Guard, isBoolean, isNumber, isText, listOf, optional, orNull, record } from '../util/values/shape.ts';
import type { Database } from './database.ts';
import { isFailure } from './failure-column.ts';

/** Work kept for a next step; a ref keeps its commit reachable. */
export interface KeptWork {
  /**
   * `land`: judge and land it without an agent; `debug`: a new agent starts from it; `repair`: the same after an interrupted
   * repair; `merge`: it conflicted, and is merged by an agent; `rebase`: it conflicted, and is done again; `fresh`: start over
   * without it; `answered`: no work, but a person's answer.
   */
  readonly purpose: 'land' | 'debug' | 'repair' | 'merge' | 'rebase' | 'fresh' | 'answered';
  readonly attempt: AttemptId;
  readonly tree: string;
  readonly commit: string;
  readonly baseCommit: string;
  readonly baseTree: string;
  /** Text for the next agent: the evidence, the other side of a conflict, or a person's message. */
  readonly feedback: string | null;
  readonly approvals: readonly Approval[];
  /** Units with whose changes it was merged: what they ask for is judged, too. Omitted for work that did not conflict. */
  readonly mergedWith?: readonly MergedWith[];
  /** Digest of the change that a person is shown; omitted if there is none. */
  readonly digest?: string;
  /** That change; omitted if it is the work itself. */
  readonly change?: Shown;
}

/** A unit and the commit that lands it. */
export interface MergedWith {
  readonly unit: UnitId;
  readonly commit: string;
}

/** Two trees whose difference is the change that a person is shown. */
export interface Shown {
  readonly before: string;
  readonly after: string;
}

/** A person's approval. */
export interface Approval {
  readonly by: string;
  readonly message: string;
  /** The approved change; the approval is valid for no other. */
  readonly digest?: string;
  readonly change?: Shown;
}

export interface UnitRow {
  readonly spec: UnitSpec;
  readonly state: UnitState;
  readonly why: string | null;
  readonly failure: Failure | null;
  readonly fence: number;
  /** Attempts without crashes. */
  readonly attempts: number;
  readonly crashes: number;
  readonly conflicts: number;
  /** Consecutive waits for a provider. */
  readonly waits: number;
  readonly parkedUntil: number | null;
  readonly keptWork: KeptWork | null;
  readonly landedCommit: string | null;
  readonly answer: string | null;
  readonly changedAt: number;
  /** Position in the order of the specs. */
  readonly position: number;
  /** True until a person resumes it. */
  readonly isPaused: boolean;
  /** Paths that earlier attempts changed. */
  readonly reached: readonly string[];
  /** What it was before its spec went or could not be run; null for any other unit. */
  readonly before: Standing | null;
}

/** A state, and why. */
export interface Standing {
  readonly state: UnitState;
  readonly why: string | null;
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
  before_left: string | null;
}

const columns =
  'spec, state, why, failure, fence, attempts, crashes, conflicts, waits, parked_until, kept_work, landed_commit, answer, changed_at, position, paused_at, reached, before_left';

const isCriterion = record<Criterion>({
  position: isNumber,
  text: isText,
  kind: isText,
  command: orNull(isText),
  hash: isText,
  isTicked: orNull(isBoolean),
  line: isNumber,
  isGuard: optional(isBoolean),
  group: optional(isText),
  file: optional(isText),
  box: optional(record<Place>({ file: isText, line: isNumber })),
});

const plannedFields = {
  id: isText,
  key: isText,
  kind: isText,
  depends: listOf(isText<UnitId>),
  touches: listOf(isText),
  contracts: listOf(isText),
  exclusive: orNull(isText),
  phase: orNull(isText),
  priority: isNumber,
  answer: orNull(isText),
} as const;

/** The fields that older rows have, too. */
type StoredSpec = Omit<
  UnitSpec,
  'cwd' | 'files' | 'format' | 'gate' | 'hold' | 'isParallel' | 'joins' | 'network' | 'recipe' | 'skills'
>;

const isSpec = record<StoredSpec>({
  ...plannedFields,
  title: isText,
  file: isText,
  line: isNumber,
  body: isText,
  criteria: listOf(isCriterion),
  labels: listOf(isText),
  agent: orNull(isText),
  prompt: orNull(isText),
  isTicked: isBoolean,
  doneTwins: optional(isNumber),
  forEachFile: orNull(isText),
  contentHash: isText,
  criteriaHash: isText,
  former: optional(record<FormerHashes>({ contentHash: isText, criteriaHash: isText, isWhole: isBoolean })),
  problems: listOf(record<object>({})) as Guard<UnitSpec['problems']>,
});

const isStanding = record<Standing>({ state: isText, why: orNull(isText) });

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
  mergedWith: optional(listOf(record<MergedWith>({ unit: isText, commit: isText }))),
  digest: optional(isText),
  change: optional(isShown),
});

function reachedOf(database: Database, json: string | null): readonly string[] {
  return json === null ? [] : database.decode(json, listOf(isText<string>), 'units.reached');
}

/** Adds fields that older rows lack. */
function withDefaults(stored: StoredSpec): UnitSpec {
  const files = stored.file === '' ? [] : [stored.file];
  return { ...unasked, files, ...stored };
}

function fromRow(database: Database, row: Row): UnitRow {
  return {
    spec: withDefaults(database.decode(row.spec, isSpec, 'units.spec')),
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
    before: row.before_left === null ? null : database.decode(row.before_left, isStanding, 'units.before_left'),
  };
}

/** All units in spec order, retired ones last. */
export function readUnits(database: Database): UnitRow[] {
  const rows = database.all(`select ${columns} from units order by state = 'retired', position, id`) as Row[];
  return rows.map((row) => fromRow(database, row));
}

/** Units in some states, in spec order. */
export function readUnitsIn(database: Database, states: readonly UnitState[]): UnitRow[] {
  const which = states.map(() => '?').join(', ');
  const sql = `select ${columns} from units where state in (${which}) order by position, id`;
  return (database.all(sql, ...states) as Row[]).map((row) => fromRow(database, row));
}

/** The position of proposals, which are in no file: after all others. */
export const proposedPosition = 1_000_000;

/** The units that somebody proposed, whatever became of them. */
export function readProposed(database: Database): UnitRow[] {
  const which = unitStates.map(() => '?').join(', ');
  const sql = `select ${columns} from units where state in (${which}) and position = ? order by changed_at, id`;
  return (database.all(sql, ...unitStates, proposedPosition) as Row[])
    .map((row) => fromRow(database, row))
    .filter(({ spec }) => spec.file === '' && spec.gate === null);
}

/** The fields of a unit that planning needs, without its text. */
export interface PlannedRow extends Pick<UnitRow, 'state' | 'conflicts' | 'position' | 'isPaused' | 'reached'> {
  readonly spec: Pick<
    UnitSpec,
    'id' | 'key' | 'kind' | 'depends' | 'touches' | 'contracts' | 'exclusive' | 'phase' | 'priority' | 'answer'
  >;
  /** Number of criteria; `characters` counts its text. */
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

/** All plannable units, one at a time to save memory. */
export function* eachPlanned(database: Database): Generator<PlannedRow> {
  const rows = database.each(`select ${plannedColumns} from units where state not in ('retired', 'proposed')`);
  for (const row of rows) yield planned(database, row as PlannedColumns);
}

/** One of them; null if there is none of this id. */
export function readPlanned(database: Database, id: UnitId): PlannedRow | null {
  const row = database.get(`select ${plannedColumns} from units where id = ?`, id);
  return row === undefined ? null : planned(database, row as PlannedColumns);
}

/** Parked units and until when (ms since the epoch). */
export function readParked(database: Database): { readonly unit: UnitId; readonly until: number }[] {
  return database.all("select id as unit, coalesce(parked_until, 0) as until from units where state = 'parked'") as {
    unit: UnitId;
    until: number;
  }[];
}

/** A unit as `list` shows it. */
export interface UnitLine {
  readonly key: string;
  readonly title: string;
  readonly state: UnitState;
  readonly why: string | null;
  readonly isPaused: boolean;
}

/** All units for `list`, in spec order, retired ones last. */
export function readUnitLines(database: Database): UnitLine[] {
  const rows = database.all(
    `select key, title, state, why, paused_at is not null as isPaused from units
     order by state = 'retired', position, id`,
  ) as (Omit<UnitLine, 'isPaused'> & { isPaused: number })[];
  return rows.map((row) => ({ ...row, isPaused: row.isPaused === 1 }));
}

/** Ids and keys of all units, in spec order, retired ones last. */
export function readUnitNames(database: Database): { readonly id: UnitId; readonly key: string }[] {
  return database.all("select id, key from units order by state = 'retired', position, id") as {
    id: UnitId;
    key: string;
  }[];
}

/** The keys of a unit's dependents, in spec order. */
export function readDependents(database: Database, id: UnitId): string[] {
  const rows = database.all(
    `select key from dependencies join units on id = unit where depends_on = ? and state <> 'retired' order by position, id`,
    id,
  ) as { key: string }[];
  return rows.map(({ key }) => key);
}

/** One unit; null if there is none of this id. */
export function readUnit(database: Database, id: UnitId): UnitRow | null {
  const row = database.get(`select ${columns} from units where id = ?`, id) as Row | undefined;
  return row ? fromRow(database, row) : null;
}
