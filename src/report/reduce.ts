import type { Usage } from '../model/agent.ts';
import type { Event, RecordedEvent, UnitName } from '../model/event.ts';
import type { UnitId } from '../model/ids.ts';
import type { UnitState } from '../model/unit.ts';
import { loaded } from './load.ts';
import { type AgentNow, type Money, noChecks, noMoney, type RunState, unknownUnit, type UnitNow } from './run-state.ts';

/** The state after one more event. */
export function reduce(before: RunState, { id, at, event }: RecordedEvent): RunState {
  const state: RunState = { ...before, lastId: id, at };
  switch (event.type) {
    case 'run-started': {
      const { type: _, ...run } = event;
      return { ...state, run, startedAt: at };
    }
    case 'run-ended':
      return { ...state, end: endOf(event, at) };
    case 'unit-changed':
      return changed(state, event);
    case 'unit-paused':
    case 'unit-resumed':
      return withUnit(state, event, () => ({ isPaused: event.type === 'unit-paused' }));
    case 'wave-started':
      return waveStarted(state, event);
    case 'claimed':
      return withUnit(state, event, () => ({ attempt: { id: event.attempt, role: event.role, since: at } }));
    case 'agent-started':
      return agentStarted(state, event);
    case 'agent-ended':
      return agentEnded(state, event);
    case 'candidate':
      return withUnit(state, event, () => ({ restored: event.restored, unmet: [], checks: noChecks }));
    case 'criterion-judged': {
      const { verdict, text, evidence } = event.verdict;
      if (verdict !== 'unmet') return state;
      const output = evidence.flatMap((one) => (one.kind === 'command' ? (one.output ?? []) : []))[0] ?? null;
      return withUnit(state, event, ({ unmet }) => ({ unmet: [...unmet, { text, output }] }));
    }
    case 'judged':
      return withUnit(state, event, ({ judged }) => ({
        // Judged again because the branch moved: the list of unproven hunks stays.
        judged: {
          unproven: event.unproven ?? judged?.unproven ?? null,
          checkRuns: (judged?.checkRuns ?? 0) + event.checkRuns,
        },
      }));
    case 'not-done': {
      const { failure, next } = event;
      const isConflict = next === 'merge' || next === 'rebase' || failure.reason === 'merge-conflict';
      if (!isConflict) return withUnit(state, event, () => ({ failure }));
      const conflictFiles = failure.reason === 'merge-conflict' ? failure.files : [];
      return withUnit(state, event, ({ conflicts }) => ({ failure, conflicts: conflicts + 1, conflictFiles }));
    }
    case 'overlap':
      return withUnit(state, event, ({ overlaps }) => ({
        overlaps: [...overlaps, { with: event.with, files: event.files }],
      }));
    case 'merge-queue':
      return { ...state, mergeQueue: queued(state.mergeQueue, event.unit, event.step) };
    case 'landed': {
      const { type: _, unit: __, ...landed } = event;
      return withUnit(state, event, () => ({ landed }));
    }
    case 'cap-reached':
      return { ...state, caps: state.caps.set(event.detail, true) };
    case 'request-refused':
      return refused(state, event);
    case 'environment-red':
      if (state.environment !== null || event.failure.reason !== 'environment') return state;
      return { ...state, environment: event.failure };
    case 'notice':
      return { ...state, notices: state.notices.set(event.text, true) };
    case 'check-ran':
      return checkRan(state, event);
    case 'agent-turn':
      return agentDoes(state, event, event.text);
    case 'agent-tool':
      return agentDoes(state, event, `${event.tool} ${event.summary}`);
    case 'branch-prepared':
    case 'agent-source':
    case 'agent-retry':
    case 'recipe-chosen':
    case 'stage-done':
    case 'map-made':
    case 'note':
    case 'harvested':
    case 'checks-needed':
    case 'gate-judged':
    case 'integration-checked':
    case 'account-written':
    case 'request-applied':
      return state;
  }
  return state; // an event of a newer version
}

type Told<T extends Event['type']> = Extract<Event, { readonly type: T }>;

function endOf(event: Told<'run-ended'>, at: number): RunState['end'] {
  const { outcome, exitCode, costMicroUsd, possibleMicroUsd = 0 } = event;
  const isCostKnown = costMicroUsd !== null;
  return { at, outcome, exitCode, spentMicroUsd: costMicroUsd ?? 0, possibleMicroUsd, isCostKnown };
}

/** Adds an event's facts about a unit, and its name if given. */
function withUnit(
  state: RunState,
  { unit, key, title }: { readonly unit: UnitId } & Partial<UnitName>,
  change: (now: UnitNow) => Partial<UnitNow>,
): RunState {
  const now = state.units.get(unit) ?? unknownUnit(unit);
  const name = key === undefined ? {} : { key, title: title ?? key };
  return { ...state, units: state.units.set(unit, { ...now, ...name, ...change(now) }) };
}

const isBusy = (state: UnitState | null): boolean => state === 'working' || state === 'judging';

function changed(before: RunState, event: Told<'unit-changed'>): RunState {
  const { at } = before;
  const { unit, to, why } = event;
  const now = before.units.get(unit);
  const parkedUntil = to === 'parked' ? (event.until ?? null) : null;
  const counts = { ...before.counts, [to]: (before.counts[to] ?? 0) + 1 };
  const left = now?.state ?? null;
  if (left !== null) counts[left] = Math.max(0, (counts[left] ?? 0) - 1);
  const since = left === to ? (now?.since ?? at) : at;
  const parked = parkedUntil === null ? before.parked.delete(unit) : before.parked.set(unit, parkedUntil);
  const state = withUnit({ ...before, counts, parked }, event, () => ({ state: to, since, why, parkedUntil }));
  const wasBusy = before.busy.includes(unit);
  if (isBusy(to))
    return wasBusy ? state : { ...state, busy: [...state.busy, unit], unitLoad: loaded(state.unitLoad, at, 1) };
  // Agents that were cut off without an event are gone, and so is the unit's place in the merge queue.
  const gone = now?.agents.length ?? 0;
  return {
    ...(gone === 0 ? state : withUnit(state, event, () => ({ agents: [] }))),
    agentLoad: gone === 0 ? state.agentLoad : loaded(state.agentLoad, at, -gone),
    mergeQueue: queued(state.mergeQueue, unit, 'left'),
    busy: wasBusy ? state.busy.filter((one) => one !== unit) : state.busy,
    unitLoad: wasBusy ? loaded(state.unitLoad, at, -1) : state.unitLoad,
  };
}

function waveStarted(before: RunState, { number, units, names }: Told<'wave-started'>): RunState {
  let state: RunState = { ...before, wave: { number, at: before.at, units } };
  for (const [index, unit] of units.entries())
    state = withUnit(state, { unit, ...names?.[index] }, () => ({ wave: number }));
  return state;
}

function agentStarted(state: RunState, event: Told<'agent-started'>): RunState {
  const { name, role, agent, model, attempt, round } = event;
  const session: AgentNow = { name, role, agent, model, attempt, round, since: state.at, doing: null };
  const { unit } = event;
  const told =
    unit === null
      ? { ...state, agents: [...state.agents, session] }
      : withUnit(state, { unit }, ({ agents }) => ({ agents: [...agents, session], lastAgent: agent }));
  return {
    ...told,
    agentLoad: loaded(state.agentLoad, state.at, 1),
  };
}

/** Characters of what an agent does that are kept. */
const keptDoing = 200;

function agentDoes(state: RunState, event: Told<'agent-turn' | 'agent-tool'>, text: string): RunState {
  const doing = text.slice(0, keptDoing);
  const changed = (agents: readonly AgentNow[]): readonly AgentNow[] =>
    agents.map((agent) =>
      agent.name === event.name || (event.name === undefined && agent.role === event.role)
        ? { ...agent, doing }
        : agent,
    );
  if (event.unit === null) return { ...state, agents: changed(state.agents) };
  return withUnit(state, { unit: event.unit }, ({ agents }) => ({ agents: changed(agents) }));
}

function checkRan(before: RunState, { unit, also, on, command, isStopped }: Told<'check-ran'>): RunState {
  if (on === 'base' || isStopped) return before;
  return [...(unit === null ? [] : [unit]), ...also].reduce(
    (state, one) =>
      withUnit(state, { unit: one }, ({ checks }) => ({ checks: { done: checks.done + 1, last: command } })),
    before,
  );
}

function agentEnded(before: RunState, event: Told<'agent-ended'>): RunState {
  const { unit, name, role, agent, round, usage } = event;
  const others = (agents: readonly AgentNow[]): readonly AgentNow[] =>
    agents.filter((session) => session.name !== name || session.round !== round);
  const of = unit === null ? before.agents : (before.units.get(unit)?.agents ?? []);
  const isKnown = others(of).length < of.length;
  const state =
    unit === null
      ? { ...before, agents: others(before.agents) }
      : withUnit(before, { unit }, ({ agents, money }) => ({
          ...{ agents: others(agents), lastAgent: agent },
          money: withUsage(money, usage),
        }));
  return {
    ...state,
    agentLoad: isKnown ? loaded(state.agentLoad, state.at, -1) : state.agentLoad,
    money: withUsage(state.money, usage),
    moneyByRole: { ...state.moneyByRole, [role]: withUsage(state.moneyByRole[role] ?? noMoney, usage) },
  };
}

function withUsage(money: Money, { costMicroUsd, possibleMicroUsd }: Usage): Money {
  return {
    spentMicroUsd: money.spentMicroUsd + (costMicroUsd ?? 0),
    possibleMicroUsd: money.possibleMicroUsd + possibleMicroUsd,
    unknown: money.unknown + (costMicroUsd === null ? 1 : 0),
  };
}

function queued(
  { holder, waiting }: RunState['mergeQueue'],
  unit: UnitId,
  step: Told<'merge-queue'>['step'],
): RunState['mergeQueue'] {
  const others = waiting.filter((one) => one !== unit);
  switch (step) {
    case 'waits':
      return { holder, waiting: [...others, unit] };
    case 'holds':
      return { holder: unit, waiting: others };
    case 'left':
      return { holder: holder === unit ? null : holder, waiting: others };
  }
}

function refused(before: RunState, event: Told<'request-refused'>): RunState {
  const state = withUnit(before, event, () => ({}));
  const { unit, detail, isAll } = event;
  const agent = event.agent ?? state.units.get(unit)?.lastAgent ?? null;
  const known = state.refusals.get(detail);
  const notices = state.notices.set(detail, true);
  if (known && (known.isAll || !isAll)) return { ...state, notices };
  return { ...state, notices, refusals: state.refusals.set(detail, { agent, detail, isAll }) };
}
