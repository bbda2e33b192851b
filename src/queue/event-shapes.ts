import { roles, type Usage } from '../model/agent.ts';
import { type Event, gateOutcomes, type JudgedBy, type RunCaps, type UnitName } from '../model/event.ts';
import { type IntegrationCheck, integrationOutcomes } from '../model/integration.ts';
import type { Joined } from '../model/joined.ts';
import type { CriterionVerdict, Verdict } from '../model/evidence.ts';
import type { AttemptId, UnitId } from '../model/ids.ts';
import type { RepositoryMap, Reviewers, StageNote } from '../model/recipe.ts';
import type { Spent } from '../model/spent.ts';
import { unitStates } from '../model/unit.ts';
import {
  type Guard,
  isBoolean,
  isNumber,
  isText,
  listOf,
  oneOf,
  optional,
  orNull,
  record,
} from '../util/values/shape.ts';
import { isFailure } from './failure-column.ts';

type Told<Type extends Event['type']> = Event & { readonly type: Type };
type Fields<Type extends Event['type']> = {
  readonly [Name in Exclude<keyof Told<Type>, 'type'>]-?: Guard<Told<Type>[Name]>;
};

const texts = listOf(isText);
const named = { key: optional(isText), title: optional(isText) };
const ofAttempt = { unit: isText, attempt: isText };
const ofRole = { ...ofAttempt, role: oneOf(...roles) };
const ofAgent = { unit: orNull<UnitId>(isText), attempt: orNull<AttemptId>(isText), role: oneOf(...roles) };
const ofSession = { ...ofAgent, name: isText, agent: isText, model: orNull(isText), round: isNumber };
const told = { ...ofAgent, name: optional(isText<string>) };

// Of what is nested: the fields that are read without a look whether they are there.
const isUsage = record<Pick<Usage, 'costMicroUsd' | 'possibleMicroUsd'>>({
  costMicroUsd: orNull(isNumber),
  possibleMicroUsd: isNumber,
}) as Guard<Usage>;
const isVerdict = record<Pick<CriterionVerdict, 'text' | 'verdict' | 'evidence'>>({
  text: isText,
  verdict: oneOf('met', 'unmet', 'awaiting'),
  evidence: listOf(record<CriterionVerdict['evidence'][number]>({} as never)),
}) as Guard<CriterionVerdict>;
const isUnproven = record<Pick<NonNullable<Verdict['unproven']>, 'found'>>({
  found: listOf(record<NonNullable<Verdict['unproven']>['found'][number]>({} as never)),
}) as Guard<NonNullable<Verdict['unproven']>>;
const isSpent = record<Spent>({
  ...{ waitedMs: isNumber, openedMs: isNumber, ranMs: isNumber, limitedMs: optional(isNumber<number>) },
});
const isNote = record<StageNote>({ title: isText, text: isText, sources: optional(texts) });
const isMap = record<RepositoryMap>({
  summary: isText,
  places: listOf(record<RepositoryMap['places'][number]>({ path: isText, what: isText })),
  conventions: texts,
});

const isCaps = record<RunCaps>({
  ...{ runMicroUsd: orNull(isNumber), dayMicroUsd: orNull(isNumber), unitMicroUsd: orNull(isNumber) },
  ...{ units: orNull(isNumber<number>), timeMs: orNull(isNumber<number>) },
});
const isJoined = record<Joined>({ files: texts, with: texts });

/** What an event of each type holds, in every version. */
const shapes: { readonly [Type in Event['type']]: Fields<Type> } = {
  'run-started': {
    ...{ run: isText, branch: isText, tip: isText, agent: isText, tier: isText, units: isNumber, open: isNumber },
    maxAgents: optional(isNumber<number>),
    caps: optional(isCaps),
    isLed: optional(isBoolean),
  },
  'branch-prepared': { branch: isText, how: isText, tip: isText },
  'unit-changed': {
    ...{ ...named, unit: isText, from: orNull(oneOf(...unitStates)), to: oneOf(...unitStates), why: orNull(isText) },
    until: optional(isNumber),
  },
  'unit-paused': { ...named, unit: isText },
  'unit-resumed': { ...named, unit: isText },
  'wave-started': {
    ...{ number: isNumber, units: listOf<UnitId>(isText) },
    names: optional(listOf(record<UnitName>({ key: isText, title: isText }))),
  },
  claimed: { ...named, ...ofRole, fence: isNumber, inputs: optional(record<JudgedBy>({} as never)) },
  'agent-started': ofSession,
  'agent-ended': { ...ofSession, outcome: isText, usage: isUsage, spent: optional(isSpent) },
  'agent-turn': { ...told, text: isText },
  'agent-tool': { ...told, tool: isText, summary: isText, isError: isBoolean },
  'agent-source': { ...told, url: isText, title: isText },
  'agent-retry': { ...told, why: isText, delayMs: isNumber },
  'recipe-chosen': { ...ofAttempt, recipe: isText, why: isText, reviewers: optional(isNumber<Reviewers>) },
  'stage-done': { ...ofAttempt, stage: isText, contentHash: isText, note: isNote },
  'map-made': { ...ofAttempt, phase: orNull(isText), tree: isText, map: isMap },
  note: { ...ofRole, text: isText },
  overlap: { ...ofAttempt, with: isText, files: texts, told: oneOf('now', 'later') },
  harvested: { ...ofAttempt, tree: isText, files: texts },
  candidate: { ...ofAttempt, tree: isText, tip: isText, restored: texts, joined: optional(isJoined) },
  'check-ran': {
    ...{ unit: orNull<UnitId>(isText), attempt: orNull<AttemptId>(isText), also: listOf<UnitId>(isText) },
    ...{ number: isNumber, command: isText, on: oneOf('base', 'candidate'), isStopped: isBoolean },
    ...{ tookMs: isNumber, spent: isSpent },
  },
  'checks-needed': { numbers: listOf(isNumber<number>) },
  'criterion-judged': { ...ofAttempt, verdict: isVerdict },
  judged: { ...ofAttempt, tree: isText, outcome: isText, checkRuns: isNumber, unproven: orNull(isUnproven) },
  'account-written': { agent: isText, text: isText },
  'integration-checked': {
    ...{ commit: isText, tree: isText, units: listOf<UnitId>(isText), contracts: texts },
    checks: listOf(
      record<IntegrationCheck>({
        ...{ name: isText, command: isText, outcome: oneOf(...integrationOutcomes) },
        ...{ wasRed: orNull(isBoolean), why: orNull(isText) },
      }),
    ),
  },
  'gate-judged': { ...ofAttempt, phase: isText, outcome: oneOf(...gateOutcomes), met: isNumber, of: isNumber },
  'not-done': { ...ofAttempt, failure: isFailure, next: oneOf('repair', 'new-attempt', 'merge', 'rebase', 'give-up') },
  'merge-queue': { ...ofAttempt, step: oneOf('waits', 'holds', 'left') },
  landed: {
    ...{ ...ofAttempt, commit: isText, tree: isText, linesAdded: isNumber, linesRemoved: isNumber, files: texts },
    testsAdded: orNull(isNumber),
    joined: optional(isJoined),
  },
  'request-applied': { verb: isText, unit: orNull<UnitId>(isText), by: isText, outcome: isText },
  'cap-reached': { detail: isText },
  'request-refused': {
    ...{ ...named, unit: isText, agent: optional(isText), detail: isText, isAll: isBoolean },
    isTold: optional((value): value is true => value === true),
  },
  'environment-red': { failure: isFailure },
  notice: { text: isText, isLimit: optional((value): value is true => value === true) },
  'run-ended': {
    ...{ run: isText, outcome: isText, exitCode: isNumber },
    ...{ costMicroUsd: orNull(isNumber), possibleMicroUsd: optional(isNumber) },
  },
};

const guards = new Map(Object.entries(shapes).map(([type, fields]) => [type, record(fields as never)]));
const hasType = record<{ readonly type: string }>({ type: isText });

/** True for an event with all that its type promises, and for one of a type that a newer version may know. */
export const isEvent: Guard<Event> = (value): value is Event =>
  hasType(value) && (guards.get(value.type)?.(value) ?? true);
