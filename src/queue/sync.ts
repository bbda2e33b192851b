import { nameOf } from '../model/event.ts';
import type { RunId, UnitId } from '../model/ids.ts';
import { isAtWork, type UnitSpec, type UnitState, wholeText } from '../model/unit.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { movedUnits } from './moved-units.ts';
import { readUnits, type Standing, type UnitRow } from './units.ts';
import { refreshReady } from './transitions.ts';

/** A unit's state outside of the queue. */
export type Truth =
  | { readonly isDone: true; readonly commit: string | null; readonly how: string; readonly isTickMissing?: true }
  | {
      readonly isDone: false;
      readonly why: string | null;
      /** An unconfirmed sign that it is done: a commit of the branch, or ticks there. */
      readonly claim?: string;
      /**
       * Recorded landings of units that are gone, with this title and these criteria, while the branch lacks the unit's file:
       * it may have been renamed since. The queue knows whether it is the same unit.
       */
      readonly former?: readonly string[];
      /** The landing whose undo left its ticks, in the specs' own repository. */
      readonly tickLeftBy?: string;
      /** The landing that ticked its boxes, for criteria that were edited since. */
      readonly edited?: string;
    };

export interface SyncResult {
  readonly added: readonly UnitId[];
  readonly reopened: readonly UnitId[];
  readonly retired: readonly UnitId[];
  readonly unchanged: number;
}

/**
 * Updates the queue to the specs and the branch: adds new units, reopens changed ones, retires removed ones, and leaves
 * unchanged ones alone (an unchanged failure is not paid for again). Where a row disagrees with the branch, the branch is
 * right.
 */
export function syncUnits(
  database: Database,
  options: {
    readonly units: readonly UnitSpec[];
    readonly truth: (unit: UnitSpec) => Truth;
    readonly at: number;
    /** When `truth` was read, if the branch may have moved since; later landings are not in it. */
    readonly lookedAt?: number;
    readonly run: RunId | null;
  },
): SyncResult {
  const { at, run, lookedAt = Infinity } = options;
  return database.write(() => {
    const rows = new Map(readUnits(database).map((row) => [row.spec.id, row]));
    const ids = new Set(options.units.map((spec) => spec.id));
    const isNews = (row: UnitRow): boolean => row.state === 'done' && row.changedAt >= lookedAt;
    const ownOf = (spec: UnitSpec): UnitRow | undefined => ownRow(rows.get(spec.id));
    const formerOf = movedUnits(
      [...rows.values()].filter((row) => !ids.has(row.spec.id) && ownRow(row) !== undefined),
      options.units.filter((spec) => ownOf(spec) === undefined),
    );
    const byId = new Map(options.units.map((spec) => [spec.id, spec]));
    const added: UnitId[] = [];
    const reopened: UnitId[] = [];
    const retired: UnitId[] = [];
    const renamed = new Map<UnitId, string>();
    for (const [position, spec] of options.units.entries()) {
      const [row, own] = [rows.get(spec.id), ownOf(spec)];
      rows.delete(spec.id);
      if (row && isAtWork(row)) continue; // it works on the text as of its claim
      if (row && isNews(row)) continue;
      const moved = own ? undefined : formerOf(spec);
      // That work refers to the former id: it is that unit until it has ended, and its end is known.
      if (moved && (isAtWork(moved) || isNews(moved))) continue;
      const asWas =
        spec.gate === null
          ? nextState(spec, own ?? (moved && { ...moved, spec: asked(moved.spec, spec) }), options.truth(spec))
          : gateState(spec, own, (id) => byId.get(id), options.truth);
      const next = row && !own && !moved ? { ...asWas, isReopened: true } : asWas;
      if (!row) added.push(spec.id);
      else if (next.isReopened) reopened.push(spec.id);
      writeUnit(database, spec, row, { position, at, ...next, before: beforeOf(own ?? moved, next) });
      if (moved) {
        moveHistory(database, moved, spec.id);
        if (!next.isReopened) carryOver(database, moved, spec.id);
        renamed.set(moved.spec.id, spec.key);
      }
      if (row?.state !== next.state || next.isReopened) {
        appendEvent(database, at, run, {
          type: 'unit-changed',
          unit: spec.id,
          ...nameOf(spec),
          from: row?.state ?? null,
          to: next.state,
          why: next.why,
        });
      }
    }
    for (const row of rows.values()) {
      if (row.state === 'proposed' || isAtWork(row) || isNews(row)) continue; // proposals have no spec yet
      if (row.spec.file === '' && row.spec.gate === null) continue; // an accepted proposal
      const key = renamed.get(row.spec.id);
      if (row.state === 'retired' && key === undefined) continue;
      const why = key === undefined ? isGone : `it is ${key} now`;
      database.run(
        "update units set state = 'retired', why = ?, changed_at = ?, before_left = ? where id = ?",
        ...[why, at, key === undefined ? asJson(standingOf(row)) : null, row.spec.id],
      );
      if (row.state === 'retired') continue;
      retired.push(row.spec.id);
      appendEvent(database, at, run, {
        type: 'unit-changed',
        unit: row.spec.id,
        ...nameOf(row.spec),
        from: row.state,
        to: 'retired',
        why,
      });
    }
    refreshReady(database, at, run);
    return { added, reopened, retired, unchanged: options.units.length - added.length - reopened.length };
  });
}

const isGone = 'its spec is gone';

/** The row of a unit, unless it was retired as another one, which has all that it did. */
function ownRow(row: UnitRow | undefined): UnitRow | undefined {
  return row?.state === 'retired' && row.why !== isGone ? undefined : row;
}

/** True if a unit asks what it did. An older version's hash leaves out commands, which its row has. */
function isSameText(former: UnitSpec, now: UnitSpec): boolean {
  if (former.contentHash === now.contentHash) return true;
  if (former.contentHash !== now.former?.contentHash) return false;
  const [was, is] = [former, now].map(({ criteria }) => JSON.stringify(criteria.map(wholeText)));
  return was === is;
}

/** A former spec that counts as unchanged beside the new one of the same text. */
function asked(former: UnitSpec, { contentHash }: UnitSpec): UnitSpec {
  return { ...former, contentHash };
}

/** Gives the attempts and the log of a unit, and what is said of it whatever its state, to the one that it is now. */
function moveHistory(database: Database, from: UnitRow, to: UnitId): void {
  for (const table of ['attempts', 'sessions', 'evidence', 'events'])
    database.run(`update ${table} set unit = ? where unit = ?`, to, from.spec.id);
  // Attempts are numbered by the fence, also those of an earlier unit of that name.
  database.run(
    `update units set (fence, paused_at, reached) =
     (select max(units.fence, was.fence), was.paused_at, was.reached from units was where was.id = ?) where id = ?`,
    from.spec.id,
    to,
  );
}

/** Gives it what its state follows from, too. */
function carryOver(database: Database, from: UnitRow, to: UnitId): void {
  database.run(
    `update units set (failure, attempts, crashes, conflicts, waits, parked_until, kept_work, answer) =
     (select failure, attempts, crashes, conflicts, waits, parked_until, kept_work, answer from units where id = ?)
     where id = ?`,
    from.spec.id,
    to,
  );
}

/** What a unit is apart from that its spec is gone or cannot be run. */
function standingOf(row: UnitRow): Standing | null {
  return isAway(row.state) ? row.before : { state: row.state === 'ready' ? 'waiting' : row.state, why: row.why };
}

/** What a unit was before it was away, if it is now and asks for the same. */
function beforeOf(row: UnitRow | undefined, next: NextState): Standing | null {
  return row !== undefined && isAway(next.state) && !next.isReopened ? standingOf(row) : null;
}

function asJson(standing: Standing | null): string | null {
  return standing && JSON.stringify(standing);
}

function isAway(state: UnitState): boolean {
  return state === 'retired' || state === 'not-runnable';
}

interface NextState {
  readonly state: UnitState;
  readonly why: string | null;
  readonly commit: string | null;
  /** True if earlier attempts, failures and kept work no longer count. */
  readonly isReopened: boolean;
}

/** A gate is in no file and on no branch: it keeps its state until a unit before it changes. */
function gateState(
  spec: UnitSpec,
  row: UnitRow | undefined,
  find: (id: UnitId) => UnitSpec | undefined,
  truth: (unit: UnitSpec) => Truth,
): NextState {
  const asNew = nextState(spec, row, { isDone: false, why: null });
  if (row?.state !== 'done' || !isSameText(row.spec, spec)) return asNew;
  const isOpen = spec.depends.some((id) => {
    const other = find(id);
    return other !== undefined && other.gate === null && !truth(other).isDone;
  });
  if (isOpen) return { ...asNew, why: 'an earlier unit is no longer done' };
  return { state: 'done', why: row.why, commit: row.landedCommit, isReopened: false };
}

function nextState(spec: UnitSpec, row: UnitRow | undefined, truth: Truth): NextState {
  const isChanged = row !== undefined && !isSameText(row.spec, spec);
  // What is done stays done, whatever is wrong with its text since.
  if (truth.isDone) {
    return { state: 'done', why: truth.how, commit: truth.commit ?? row?.landedCommit ?? null, isReopened: false };
  }
  const landed = row?.landedCommit ?? null;
  if (landed !== null && truth.former?.includes(landed) === true && !isChanged) {
    const why = row?.state === 'done' ? row.why : 'it landed under its former key';
    return { state: 'done', why, commit: landed, isReopened: false };
  }
  const problem = spec.problems.find((p) => p.severity === 'error');
  if (problem !== undefined) {
    return { state: 'not-runnable', why: problem.message, commit: null, isReopened: isChanged };
  }
  if (truth.claim !== undefined) {
    const why = claimWhy(truth.claim);
    return { state: 'awaiting', why, commit: null, isReopened: row !== undefined && !isClaimed(row) };
  }
  if (spec.hold !== null) return { state: 'not-runnable', why: `it ${spec.hold}`, commit: null, isReopened: isChanged };
  if (!row) return { state: 'waiting', why: null, commit: null, isReopened: false };
  if (isClaimed(row)) return { state: 'waiting', why: 'no landing of it remains', commit: null, isReopened: true };
  if (isChanged) return { state: 'waiting', why: 'its text changed', commit: null, isReopened: true };
  switch (row.state) {
    case 'done':
      return {
        state: 'waiting',
        why: truth.why ?? 'it was done, but its commit is not on the branch',
        commit: null,
        isReopened: true,
      };
    case 'retired':
    case 'not-runnable':
      return row.before === null
        ? { state: 'waiting', why: null, commit: null, isReopened: true }
        : nextState(spec, { ...row, ...row.before, before: null }, truth);
    case 'proposed':
    case 'waiting':
    case 'ready':
    case 'working':
    case 'judging':
    case 'awaiting':
    case 'parked':
    case 'failed':
    case 'blocked':
    case 'quarantined':
    case 'cancelled':
      return { state: row.state, why: row.why, commit: row.landedCommit, isReopened: false };
  }
}

/** True for a unit that only the branch says is done: a person must decide. */
export function isClaimed(row: Pick<UnitRow, 'state' | 'keptWork'>): boolean {
  return row.state === 'awaiting' && row.keptWork === null;
}

function claimWhy(claim: string): string {
  return claim === 'ticks'
    ? 'its boxes are ticked on the branch without a recorded landing: see "backlog adopt"'
    : `commit ${claim.slice(0, 10)} says that it landed, but there is no record of that: see "backlog adopt"`;
}

function writeUnit(
  database: Database,
  spec: UnitSpec,
  row: UnitRow | undefined,
  next: NextState & { readonly position: number; readonly at: number; readonly before: Standing | null },
): void {
  const before = asJson(next.before);
  const isSame = row !== undefined && !next.isReopened && row.state === next.state && isSameText(row.spec, spec);
  if (!row) {
    database.run(
      `insert into units (id, key, title, file, line, position, spec, content_hash, criteria_hash, state, why, landed_commit, changed_at, before_left)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[spec.id, spec.key, spec.title, spec.file, spec.line, next.position, JSON.stringify(spec)],
      ...[spec.contentHash, spec.criteriaHash, next.state, next.why, next.commit, next.at, before],
    );
  } else {
    database.run(
      `update units set key = ?, title = ?, file = ?, line = ?, position = ?, spec = ?, content_hash = ?, criteria_hash = ?,
       state = ?, why = ?, landed_commit = ?, changed_at = ?, before_left = ? where id = ?`,
      ...[
        spec.key,
        spec.title,
        spec.file,
        spec.line,
        next.position,
        JSON.stringify(spec),
        spec.contentHash,
        spec.criteriaHash,
      ],
      ...[next.state, next.why, next.commit, isSame ? row.changedAt : next.at, before, spec.id],
    );
    if (next.isReopened) {
      database.run(
        `update units set failure = null, attempts = 0, crashes = 0, conflicts = 0, waits = 0, parked_until = null,
         kept_work = null, answer = null where id = ?`,
        spec.id,
      );
    }
  }
  if (row && row.spec.depends.join() === spec.depends.join() && !next.isReopened) return;
  database.run('delete from dependencies where unit = ?', spec.id);
  for (const dependency of new Set(spec.depends)) {
    database.run('insert into dependencies (unit, depends_on) values (?, ?)', spec.id, dependency);
  }
}
