import type { Event } from '../../model/event.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import type { MessageItem, ToldHook } from '../../model/hook-event.ts';
import type { HookEvent } from '../../model/hooks.ts';
import type { RunId, UnitId } from '../../model/ids.ts';
import { toUsd } from '../../model/money.ts';
import type { Report } from '../../model/report.ts';
import { wayOn } from '../../model/way-on.ts';
import { readAttempts } from '../../queue/attempts.ts';
import { spentOnUnit } from '../../queue/budget.ts';
import type { Database } from '../../queue/database.ts';
import { readVerdicts } from '../../queue/evidence.ts';
import { readSessions } from '../../queue/sessions.ts';
import { isClaimed } from '../../queue/sync.ts';
import { readUnit } from '../../queue/units.ts';
import { itemOf, type Said } from '../../report/account.ts';
import { criteriaOf } from '../../report/build.ts';
import { decideLines } from '../../report/messages/decide.ts';
import type { Happening } from '../../report/messages/happening.ts';

/** What is known of a run that tells hooks. */
export interface Teller {
  readonly database: Database;
  readonly id: RunId;
  readonly branch: string;
  readonly startedAt: number;
  /** The name of the repository's folder, and its absolute path. */
  readonly project: string;
  readonly repository: string;
  /** Absolute path of the specs folder. */
  readonly specs: string;
  readonly command: Said['command'];
}

/** What a command is told of an event. */
export function toldOf(teller: Teller, { name, unit }: Happening, event: Event, at: number): ToldHook {
  const base = baseOf(teller, name, at);
  if (event.type === 'run-started') {
    const what = `${event.open} of ${event.units} units to do, with ${event.agent}, onto ${event.branch}`;
    return { ...base, what };
  }
  if (event.type === 'cap-reached') return { ...base, what: event.detail, command: teller.command('run') };
  if (event.type === 'notice') return { ...base, what: event.text, command: teller.command('run') };
  if (unit === null) {
    const why = event.type === 'unit-changed' ? event.why : null;
    const reached = "a provider's limit was reached";
    return { ...base, what: why === null ? reached : `${reached}: ${why}`, command: teller.command('run') };
  }
  return ofUnit(teller, base, unit, event);
}

function baseOf({ id, branch, startedAt, project, repository, specs }: Teller, event: HookEvent, at: number): ToldHook {
  return {
    ...{ schemaVersion: 1, kind: 'hook', event, at: new Date(at).toISOString(), project, repository, specs },
    run: { id, branch, startedAt: new Date(startedAt).toISOString() },
    ...{ what: '', details: [], decide: [], command: null, unit: null, landed: null, ended: null },
  };
}

function ofUnit(teller: Teller, base: ToldHook, id: UnitId, event: Event): ToldHook {
  const { database, branch } = teller;
  const row = readUnit(database, id);
  if (row === null) return { ...base, what: `${id}: ${base.event}` };
  const { spec, why, failure } = row;
  const sessions = readSessions(database, { unit: id }).filter(({ run }) => run === teller.id);
  const isKnown = sessions.every(({ usage }) => usage.costMicroUsd !== null);
  const unit = {
    ...{ id: spec.id, key: spec.key, title: spec.title, state: row.state, why },
    failure: failure && { ...failure, sentence: describeFailure(failure) },
    wayOn: wayOn({ state: row.state, isClaim: isClaimed(row) }),
    attempts: readAttempts(database, id).filter(({ run }) => run === teller.id).length,
    criteria: criteriaOf({ spec, verdicts: readVerdicts(database, spec) }),
    costUsd: isKnown ? toUsd(spentOnUnit(database, teller.id, id)) : null,
  };
  const told: ToldHook = {
    ...base,
    unit: {
      ...{ id: spec.id, key: spec.key, title: spec.title, file: spec.file, state: row.state },
      ...{ attempts: unit.attempts, costUsd: unit.costUsd },
      met: unit.criteria.filter(({ verdict }) => verdict === 'met').length,
      of: unit.criteria.length,
    },
  };
  if (event.type === 'landed') {
    const { commit, linesAdded, linesRemoved, files } = event;
    const what = `${spec.key} landed on ${branch} as ${commit.slice(0, 10)} (+${linesAdded} −${linesRemoved})`;
    return { ...told, what, landed: { commit, linesAdded, linesRemoved, files: [...files] } };
  }
  const item = itemOf(unit, teller);
  const decide = base.event === 'unit.waits' ? decideLines(unit) : [];
  return { ...told, what: `${spec.key}: ${item.what}`, details: [...item.details], decide, command: item.command };
}

/** What a command is told of the end of a run. */
export function toldEnd(
  teller: Teller,
  ended: Pick<Report['run'], 'outcome' | 'exitCode' | 'endedAt'> & {
    readonly what: string;
    readonly durationMs: number;
    readonly costUsd: number | null;
    readonly report: string | null;
    readonly items: readonly MessageItem[];
  },
): ToldHook {
  const { what, items, outcome, exitCode, endedAt, durationMs, costUsd, report } = ended;
  return {
    ...baseOf(teller, 'run.ended', Date.parse(endedAt)),
    what,
    ended: { outcome, exitCode, endedAt, durationMs, costUsd, report, items: [...items] },
  };
}
