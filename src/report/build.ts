import type { Usage } from '../model/agent.ts';
import type { CriterionVerdict } from '../model/evidence.ts';
import type { RecordedEvent } from '../model/event.ts';
import { describeFailure, type Failure } from '../model/failure.ts';
import type { UnitId } from '../model/ids.ts';
import { type Charge, sumCharges, toUsd } from '../model/money.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import type { UnitSpec, UnitState } from '../model/unit.ts';
import { wayOn } from '../model/way-on.ts';

/** What a report is made from: plain facts, read from the queue. */
export interface ReportInput {
  readonly run: Report['run'];
  readonly units: readonly {
    readonly spec: UnitSpec;
    readonly state: UnitState;
    readonly why: string | null;
    /** True when the branch claims that it is done, and no record does. */
    readonly isClaim: boolean;
    readonly failure: Failure | null;
    readonly landedCommit: string | null;
    readonly answer: string | null;
    readonly verdicts: readonly CriterionVerdict[];
    /** Where there are no verdicts: what the repository kept of them, to be shown. */
    readonly restored: ReportUnit['criteria'] | null;
    /** Attempts of this run. */
    readonly attempts: readonly { readonly repairs: number }[];
    /** Sessions of this run. */
    readonly sessions: readonly {
      readonly role: string;
      readonly startedAt: number;
      readonly endedAt: number | null;
      readonly usage: Usage;
    }[];
  }[];
  readonly events: readonly RecordedEvent[];
  /** Money by unit, and what belongs to none. */
  readonly spending: readonly (Charge & { readonly unit: UnitId | null })[];
  readonly bringHome: readonly string[];
}

/** One run as one account. Pure: the same facts give the same report. */
export function buildReport(input: ReportInput): Report {
  const spending = Map.groupBy(input.spending, (row) => row.unit);
  const spendingOf = (unit: UnitId): Charge => sumCharges(spending.get(unit) ?? []);
  const all = sumCharges(input.spending);
  const landed = new Map(
    input.events.flatMap(({ event }) => (event.type === 'landed' ? [[event.unit as string, event] as const] : [])),
  );
  const restored = new Map<string, readonly string[]>();
  for (const { event } of input.events) if (event.type === 'candidate') restored.set(event.unit, event.restored);
  const judged = new Map<string, { readonly unproven: ReportUnit['unproven']; readonly checkRuns: number }>();
  for (const { event } of input.events) {
    if (event.type !== 'judged') continue;
    const before = judged.get(event.unit);
    judged.set(event.unit, {
      // Judged once more because the branch moved, it is not taken apart a second time.
      unproven: event.unproven
        ? { ...event.unproven, found: event.unproven.found.map((lines) => ({ ...lines })) }
        : (before?.unproven ?? null),
      checkRuns: (before?.checkRuns ?? 0) + event.checkRuns,
    });
  }
  const visible = input.units.filter((unit) => unit.state !== 'retired');
  const states = new Map(visible.map((unit) => [unit.spec.id, unit.state]));
  const units = visible
    .filter((unit) => unit.state !== 'proposed')
    .map((unit): ReportUnit => {
      const change = landed.get(unit.spec.id);
      return {
        id: unit.spec.id,
        key: unit.spec.key,
        title: unit.spec.title,
        kind: unit.spec.kind,
        file: unit.spec.file,
        phase: unit.spec.phase,
        state: unit.state,
        why: whyOf(unit, states),
        failure: unit.failure ? { ...unit.failure, sentence: describeFailure(unit.failure) } : null,
        attempts: unit.attempts.length,
        repairs: unit.attempts.reduce((sum, attempt) => sum + attempt.repairs, 0),
        commit: unit.landedCommit,
        costUsd: costOf(unit.sessions, spendingOf(unit.spec.id)),
        possibleUsd: toUsd(spendingOf(unit.spec.id).possibleMicroUsd),
        agentMs: unit.sessions.reduce((sum, session) => sum + lengthOf(session), 0),
        files: change ? [...change.files] : [],
        linesAdded: change?.linesAdded ?? 0,
        linesRemoved: change?.linesRemoved ?? 0,
        restored: [...(restored.get(unit.spec.id) ?? [])],
        unproven: judged.get(unit.spec.id)?.unproven ?? null,
        isReviewed: unit.verdicts.some((verdict) => verdict.kind === 'review' && verdict.evidence.length > 0),
        checkRuns: judged.get(unit.spec.id)?.checkRuns ?? 0,
        answer: unit.answer,
        criteria: unit.restored ?? criteriaOf(unit),
        isRestored: unit.restored !== null,
      };
    });
  const sessions = visible.flatMap((unit) => unit.sessions);
  const total = (pick: (usage: Usage) => number): number =>
    sessions.reduce((sum, session) => sum + pick(session.usage), 0);
  const changes = [...landed.values()];
  const startedAt = Date.parse(input.run.startedAt);
  const endedAt = Date.parse(input.run.endedAt);
  const tests = changes.map((change) => change.testsAdded).filter((count) => count !== null);
  return {
    schemaVersion: 1,
    kind: 'report',
    run: input.run,
    units,
    followups: visible
      .filter((unit) => unit.state === 'proposed')
      .map((unit) => ({ id: unit.spec.id, title: unit.spec.title })),
    environment: environmentOf(input.events),
    notices: noticesOf(input.events),
    next: nextSteps(visible, input.bringHome),
    totals: {
      costUsd: costOf(sessions, all),
      possibleUsd: toUsd(all.possibleMicroUsd),
      notionalUsd: toUsd(total((usage) => usage.notionalMicroUsd)),
      durationMs: Math.max(0, endedAt - startedAt),
      agentMs: sessions.reduce((sum, session) => sum + lengthOf(session), 0),
      sequentialMs: sequentialMs(input.events, endedAt),
      peakParallel: peak(input.events),
      averageParallel: average(stretches(input.events, endedAt)),
      inputTokens: total((usage) => usage.inputTokens),
      outputTokens: total((usage) => usage.outputTokens),
      cacheReadTokens: total((usage) => usage.cacheReadTokens),
      cacheWriteTokens: total((usage) => usage.cacheWriteTokens),
      filesChanged: new Set(changes.flatMap((change) => change.files)).size,
      linesAdded: changes.reduce((sum, change) => sum + change.linesAdded, 0),
      linesRemoved: changes.reduce((sum, change) => sum + change.linesRemoved, 0),
      testsAdded: tests.length === 0 ? null : tests.reduce((sum, count) => sum + count, 0),
    },
  };
}

function environmentOf(events: readonly RecordedEvent[]): Report['environment'] {
  for (const { event } of events) {
    if (event.type !== 'environment-red' || event.failure.reason !== 'environment') continue;
    return { command: event.failure.command, excerpt: event.failure.excerpt };
  }
  return null;
}

function noticesOf(events: readonly RecordedEvent[]): string[] {
  const texts = events.flatMap(({ event }) =>
    event.type === 'notice' ? [event.text] : event.type === 'request-refused' ? [event.detail] : [],
  );
  return [...new Set(texts)];
}

/** A unit that waits says for whom. */
function whyOf(unit: ReportInput['units'][number], states: ReadonlyMap<UnitId, UnitState>): string | null {
  if (unit.state !== 'waiting') return unit.why;
  const open = unit.spec.depends.filter((id) => states.get(id) !== 'done');
  return open.length === 0 ? unit.why : `waits for ${open.join(', ')}`;
}

function criteriaOf(unit: ReportInput['units'][number]): ReportUnit['criteria'] {
  const own = unit.spec.criteria.map((criterion): ReportUnit['criteria'][number] => {
    const verdict = unit.verdicts.find(
      (v) =>
        v.kind !== 'project-check' &&
        v.kind !== 'review' &&
        v.position === criterion.position &&
        v.text === criterion.text,
    );
    return {
      text: criterion.text,
      kind: criterion.kind,
      verdict: verdict?.verdict ?? 'not-judged',
      role: verdict?.role ?? null,
      note: verdict?.note ?? null,
      evidence: verdict
        ? verdict.evidence.map((evidence) => ({ ...evidence }) as ReportUnit['criteria'][number]['evidence'][number])
        : [],
    };
  });
  const project = unit.verdicts
    .filter((verdict) => verdict.kind === 'project-check' || verdict.kind === 'review')
    .map((verdict): ReportUnit['criteria'][number] => ({
      text: verdict.text,
      kind: verdict.kind,
      verdict: verdict.verdict,
      role: verdict.role,
      note: verdict.note,
      evidence: verdict.evidence.map(
        (evidence) => ({ ...evidence }) as ReportUnit['criteria'][number]['evidence'][number],
      ),
    }));
  return [...own, ...project];
}

/** In dollars; null as soon as one part of it is unknown. What the calls were seen to take counts, not what was told of them. */
function costOf(sessions: readonly { readonly usage: Usage }[], { spentMicroUsd }: Charge): number | null {
  return sessions.some(({ usage }) => usage.costMicroUsd === null) ? null : toUsd(spentMicroUsd);
}

function lengthOf(session: { readonly startedAt: number; readonly endedAt: number | null }): number {
  return session.endedAt === null ? 0 : session.endedAt - session.startedAt;
}

/** Stretches of time in which a unit was at work or being judged. */
function stretches(
  events: readonly RecordedEvent[],
  endedAt: number,
): { readonly from: number; readonly to: number }[] {
  const open = new Map<string, number>();
  const found: { from: number; to: number }[] = [];
  for (const { at, event } of events) {
    if (event.type !== 'unit-changed') continue;
    const isBusy = event.to === 'working' || event.to === 'judging';
    const from = open.get(event.unit);
    if (isBusy && from === undefined) open.set(event.unit, at);
    else if (!isBusy && from !== undefined) {
      found.push({ from, to: at });
      open.delete(event.unit);
    }
  }
  for (const from of open.values()) found.push({ from, to: Math.max(from, endedAt) });
  return found;
}

/** What the same work and judging would have taken one unit at a time. */
function sequentialMs(events: readonly RecordedEvent[], endedAt: number): number {
  return stretches(events, endedAt).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** How many were busy at the same time, on average while any was; 0 when none was. */
function average(busy: readonly { readonly from: number; readonly to: number }[]): number {
  let [all, covered, until] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const { from, to } of busy.toSorted((a, b) => a.from - b.from)) {
    all += to - from;
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return covered === 0 ? 0 : all / covered;
}

/** The most units that were busy at one moment. */
function peak(events: readonly RecordedEvent[]): number {
  let now = 0;
  let most = 0;
  const busy = new Set<string>();
  for (const { event } of events) {
    if (event.type !== 'unit-changed') continue;
    const isBusy = event.to === 'working' || event.to === 'judging';
    if (isBusy === busy.has(event.unit)) continue;
    if (isBusy) busy.add(event.unit);
    else busy.delete(event.unit);
    now = busy.size;
    most = Math.max(most, now);
  }
  return most;
}

function nextSteps(units: ReportInput['units'], bringHome: readonly string[]): string[] {
  const steps = units.flatMap((unit) => {
    const step = unit.state === 'cancelled' ? null : stepOf(unit); // as it was wished
    return step === null ? [] : [`${unit.spec.key}: ${step}`];
  });
  return [...steps, ...bringHome];
}

function stepOf(unit: ReportInput['units'][number]): string | null {
  const { id, file } = unit.spec;
  switch (wayOn(unit)) {
    case 'retry':
      return `correct the spec or the code, then "backlog retry ${id}".`;
    case 'unblock':
      return `answer it with "backlog unblock ${id} -m …", or in its spec; changed text is tried again.`;
    case 'check':
      return `correct its spec in ${file} ("backlog check" shows where).`;
    case 'adopt':
      return `look at "backlog adopt", then "backlog adopt ${id}" or --refuse.`;
    case 'review':
      return `look at "backlog review ${id}", then "backlog approve ${id}" or "backlog reject ${id} -m …".`;
    case null:
      return null;
  }
}
