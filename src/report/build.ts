import type { Usage } from '../model/agent.ts';
import type { Bet } from '../model/bet.ts';
import type { CriterionVerdict } from '../model/evidence.ts';
import { describeFailure } from '../model/describe-failure.ts';
import type { Failure } from '../model/failure.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { Integrated } from '../model/integration.ts';
import { jsonForm } from '../model/json-form.ts';
import { type Charge, sumCharges, toUsd } from '../model/money.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import type { UnitSpec, UnitState } from '../model/unit.ts';
import { wayOn } from '../model/way-on.ts';
import type { Course } from './course.ts';
import { averageLoad, loaded } from './load.ts';
import { type UnitTries, untried } from './tries.ts';
import { keyOf, type RunState, type UnitNow, unknownUnit } from './run-state.ts';
import { timeOf } from './run-times.ts';
import { busyOf } from './times.ts';

/** The facts of a report, read from the queue. */
export interface ReportInput {
  readonly run: Omit<Report['run'], 'caps'>;
  readonly units: readonly {
    readonly spec: UnitSpec;
    readonly state: UnitState;
    readonly why: string | null;
    /** True if the branch claims without a record that it is done. */
    readonly isClaim: boolean;
    readonly failure: Failure | null;
    readonly landedCommit: string | null;
    readonly answer: string | null;
    readonly verdicts: readonly CriterionVerdict[];
    /** Evidence restored from the repository if there are no verdicts; for display. */
    readonly restored: ReportUnit['criteria'] | null;
    /** Its change as a patch, and its name for an approval. */
    readonly diff: string | null;
    readonly digest: string | null;
    /** Attempts of this run. */
    readonly attempts: readonly {
      readonly id: AttemptId;
      readonly outcome: string | null;
      readonly repairs: number;
    }[];
  }[];
  /** Sessions of this run; `unit` is null for the run's own agents. */
  readonly sessions: readonly { readonly unit: UnitId | null; readonly usage: Usage }[];
  /** The run's state and course from its events. */
  readonly state: RunState;
  readonly course: Course;
  readonly tries: ReadonlyMap<UnitId, UnitTries>;
  /** Spending by unit; `unit` is null for the run's own agents. */
  readonly spending: readonly (Charge & { readonly unit: UnitId | null })[];
  /** Attempts of this run that came to their landing, and about how many ms it saved that units ran side by side. */
  readonly bets: readonly Bet[];
  readonly savedMs: number | null;
  readonly bringHome: readonly string[];
  /** What an agent wrote of the run. */
  readonly account: Report['account'];
  /** What the integration checks found. */
  readonly integration: readonly Integrated[];
}

/** Builds a run's report, without its history. Pure: equal facts give equal reports. */
export function buildReport(input: ReportInput): Report {
  const spending = Map.groupBy(input.spending, (row) => row.unit);
  const spendingOf = (unit: UnitId): Charge => sumCharges(spending.get(unit) ?? []);
  const all = sumCharges(input.spending);
  const { sessions } = input;
  const sessionsByUnit = Map.groupBy(sessions, ({ unit }) => unit);
  const activities = Map.groupBy(input.course.activities, ({ unit }) => unit);
  const ends = new Map(input.units.flatMap(({ attempts }) => attempts.map((attempt) => [attempt.id, attempt])));
  const time = timeOf(input.course, new Map(input.units.map(({ spec }) => [spec.id, spec])), ends);
  const told = (unit: UnitId): UnitNow => input.state.units.get(unit) ?? unknownUnit(unit);
  const visible = input.units.filter((unit) => unit.state !== 'retired');
  const states = new Map(visible.map((unit) => [unit.spec.id, unit.state]));
  const units = visible
    .filter((unit) => unit.state !== 'proposed')
    .map((unit): ReportUnit => {
      const { landed, restored, judged, overlaps } = told(unit.spec.id);
      const ofUnit = sessionsByUnit.get(unit.spec.id) ?? [];
      return {
        id: unit.spec.id,
        key: unit.spec.key,
        title: unit.spec.title,
        kind: unit.spec.kind,
        file: unit.spec.file,
        ...(unit.spec.format === null ? {} : { line: unit.spec.line }),
        phase: unit.spec.phase,
        depends: [...unit.spec.depends],
        state: unit.state,
        why: whyOf(unit, states),
        failure: unit.failure ? failureOf(unit.failure) : null,
        wayOn: wayOn(unit),
        attempts: unit.attempts.length,
        repairs: unit.attempts.reduce((sum, attempt) => sum + attempt.repairs, 0),
        commit: unit.landedCommit,
        costUsd: costOf(ofUnit, spendingOf(unit.spec.id)),
        possibleUsd: toUsd(spendingOf(unit.spec.id).possibleMicroUsd),
        agentMs: busyOf(activities.get(unit.spec.id) ?? []).agentsMs,
        files: [...(landed?.files ?? [])],
        linesAdded: landed?.linesAdded ?? 0,
        linesRemoved: landed?.linesRemoved ?? 0,
        restored: [...restored],
        joined: joinedOf(landed),
        overlaps: overlaps.map((one) => ({ with: keyOf(input.state, one.with), files: [...one.files] })),
        unproven: unprovenOf(judged),
        isReviewed: unit.verdicts.some((verdict) => verdict.kind === 'review' && verdict.evidence.length > 0),
        checkRuns: judged?.checkRuns ?? 0,
        answer: unit.answer,
        criteria: unit.restored ?? criteriaOf(unit),
        isRestored: unit.restored !== null,
        ...triedOf(unit, input.tries.get(unit.spec.id) ?? untried),
        diff: unit.diff,
        digest: unit.digest,
      };
    });
  const total = (pick: (usage: Usage) => number): number =>
    sessions.reduce((sum, session) => sum + pick(session.usage), 0);
  const changes = input.state.units.values().flatMap((unit) => unit.landed ?? []);
  const startedAt = Date.parse(input.run.startedAt);
  const endedAt = Date.parse(input.run.endedAt);
  const load = loaded(input.state.unitLoad, endedAt, 0);
  const tests = changes.map((change) => change.testsAdded).filter((count) => count !== null);
  const { environment } = input.state;
  return {
    schemaVersion: 1,
    kind: 'report',
    run: { ...input.run, caps: capsOf(input.state) },
    units,
    followups: visible
      .filter((unit) => unit.state === 'proposed')
      .map((unit) => ({ id: unit.spec.id, title: unit.spec.title })),
    environment: environment && { command: environment.command, excerpt: environment.excerpt },
    notices: input.state.notices.keys(),
    next: nextSteps(visible, input.bringHome),
    criticalPath: time.criticalPath,
    limitedBy: time.limitedBy,
    integration: input.integration.map(({ commit, units: ids, checks, contracts }) => ({
      ...{ commit, units: ids.map((id) => keyOf(input.state, id)), checks: [...checks], contracts: [...contracts] },
    })),
    account: input.account,
    handOff: null,
    history: null,
    totals: {
      spent: spentOf([...input.tries.values()]),
      costUsd: costOf(sessions, all),
      possibleUsd: toUsd(all.possibleMicroUsd),
      notionalUsd: toUsd(total((usage) => usage.notionalMicroUsd)),
      durationMs: Math.max(0, endedAt - startedAt),
      agentMs: busyOf(input.course.activities).agentsMs,
      sequentialMs: time.busy.agentsMs + time.busy.checksMs,
      busy: time.busy,
      waits: time.waits,
      peakParallel: load.peak,
      averageParallel: averageLoad(load),
      bets: { ...betsOf(input.bets), ...time.bets, savedMs: input.savedMs },
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

function failureOf(failure: Failure): ReportUnit['failure'] {
  return { ...(jsonForm(failure) as Failure), sentence: describeFailure(failure) };
}

function capsOf({ run }: RunState): Report['run']['caps'] {
  if (run?.caps === undefined) return null;
  const { runMicroUsd, dayMicroUsd, unitMicroUsd, units, timeMs } = run.caps;
  const usd = (micro: number | null): number | null => (micro === null ? null : toUsd(micro));
  return {
    ...{ agents: run.maxAgents ?? null, units, timeMs },
    ...{ usd: usd(runMicroUsd), dayUsd: usd(dayMicroUsd), unitUsd: usd(unitMicroUsd) },
  };
}

function triedOf(
  { spec }: ReportInput['units'][number],
  { tries, stages, tools, gate, landedMs }: UnitTries,
): Pick<ReportUnit, 'tries' | 'stages' | 'tools' | 'gate' | 'landedMs'> {
  const unjudged =
    spec.gate === null ? null : { phase: spec.gate, outcome: null, met: 0, of: spec.criteria.length, atMs: 0 };
  return { tries, stages, tools, gate: gate ?? unjudged, landedMs };
}

function spentOf(units: readonly UnitTries[]): Report['totals']['spent'] {
  const sum = (of: keyof UnitTries['spent']): number => units.reduce((total, { spent }) => total + spent[of], 0);
  return { building: sum('building'), repairs: sum('repairs'), reviews: sum('reviews') };
}

function betsOf(bets: readonly Bet[]): Pick<Report['totals']['bets'], 'made' | 'lost' | 'redoneUsd'> {
  const redone = bets.reduce((sum, { isRedone, costMicroUsd }) => sum + (isRedone ? costMicroUsd : 0), 0);
  return { made: bets.length, lost: bets.filter(({ isLost }) => isLost).length, redoneUsd: toUsd(redone) };
}

function joinedOf(landed: UnitNow['landed']): ReportUnit['joined'] {
  const joined = landed?.joined;
  return joined === undefined ? null : { files: [...joined.files], with: [...joined.with] };
}

function unprovenOf(judged: UnitNow['judged']): ReportUnit['unproven'] {
  const unproven = judged?.unproven ?? null;
  return unproven && { ...unproven, found: unproven.found.map((lines) => ({ ...lines })) };
}

/** The reason of a unit's state; for a waiting one, the units that it waits for. */
function whyOf(unit: ReportInput['units'][number], states: ReadonlyMap<UnitId, UnitState>): string | null {
  if (unit.state !== 'waiting') return unit.why;
  const open = unit.spec.depends.filter((id) => states.get(id) !== 'done');
  return open.length === 0 ? unit.why : `waits for ${open.join(', ')}`;
}

/** The criteria of a unit with their verdicts. */
export function criteriaOf(unit: Pick<ReportInput['units'][number], 'spec' | 'verdicts'>): ReportUnit['criteria'] {
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
      ...(unit.spec.format === null ? {} : { file: criterion.file ?? unit.spec.file, line: criterion.line }),
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

/** Dollars; null if a part is unknown. Metered spending counts rather than what agents report. */
function costOf(sessions: readonly { readonly usage: Usage }[], { spentMicroUsd }: Charge): number | null {
  return sessions.some(({ usage }) => usage.costMicroUsd === null) ? null : toUsd(spentMicroUsd);
}

function nextSteps(units: ReportInput['units'], bringHome: readonly string[]): string[] {
  const steps = units.flatMap((unit) => {
    const step = unit.state === 'cancelled' ? null : stepOf(unit); // cancelled on request
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
    case 'run':
    case null:
      return null;
  }
}
