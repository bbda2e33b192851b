import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Config } from '../../../model/config.ts';
import { type Diagnostic, ToldError } from '../../../model/diagnostic.ts';
import type { RecordedEvent } from '../../../model/event.ts';
import type { RunOutcome } from '../../../model/exit-code.ts';
import { runId } from '../../../model/ids.ts';
import { toUsd } from '../../../model/money.ts';
import type { Database } from '../../../queue/database.ts';
import { readRunAttempts } from '../../../queue/attempts.ts';
import type { UnitRow } from '../../../queue/units.ts';
import type { Egress } from '../../../sandbox/egress.ts';
import { closingAfter } from '../../../util/closing.ts';
import { orAborted } from '../../../util/time/aborted.ts';
import { failpoint } from '../../../util/failpoint.ts';
import { keyVariables, openLauncher, projectRedactor } from '../../boxes/launch.ts';
import { openEgress } from '../../boxes/workshop.ts';
import { changedProgram } from '../../consent/consent.ts';
import type { Asker } from '../../context/asker.ts';
import type { RunEnd } from '../../context/run-end.ts';
import { runSettings, type Wishes } from '../../context/run-settings.ts';
import { type AgentCost, expectedCost } from '../../crew/agent-cost.ts';
import { Fleet } from '../../crew/fleet.ts';
import { Hooks } from '../../hooks/hooks.ts';
import { fatalError } from '../../context/machine.ts';
import { cacheFolder, projectMark } from '../../project/project.ts';
import type { Typed } from '../../project/typed.ts';
import { uncommittedWarnings } from '../../project/uncommitted.ts';
import { readEstimates } from '../../run/estimates.ts';
import { type Beginning, goThrough } from '../../run/run-life.ts';
import type { Opened } from '../../run/opened.ts';
import type { LeadWork } from '../../run/run.ts';
import { failedStates } from '../asking/ask.ts';
import type { Asked } from '../keeping/trust.ts';
import type { Taken } from '../queue/take-branch.ts';
import type { CaughtUp } from './catch-up.ts';
import { ended, leftOf, type RunResult } from './run-result.ts';
import { bringHome, reportName, writeReport } from './write-report.ts';
import { mergeIn } from '../../../report/account.ts';
import { systemClock } from '../../../util/time/clock.ts';

/** What a run says and asks on its way. */
export interface RunTalk {
  /** Told first what the configuration says of progress. */
  readonly onProgress: (progress: Config['progress']) => void;
  readonly onEvent: (event: RecordedEvent) => void;
  /** Told before anything starts, and before money is asked for. */
  readonly warn: (warnings: readonly Diagnostic[]) => void;
  /** Asked once when the run can cost money and something is to be done; false ends it before anything starts. */
  readonly confirm: (estimate: Estimate) => Promise<boolean>;
  /** Asked once where the configuration needs consent that was not given; true keeps it. */
  readonly agree: (asked: Asked) => Promise<boolean>;
  /** Nothing new starts once it aborts. */
  readonly stop: AbortSignal;
  /** What a stopped run is called: Ctrl-C, or the end of a job. */
  readonly stopOutcome: () => Extract<RunOutcome, 'interrupted' | 'terminated'>;
  /** How what is printed is typed where the person is. */
  readonly typed: Typed;
}

/** All that a run is asked for. */
export interface RunRequest extends Wishes, RunTalk {
  readonly asker: Asker;
  readonly folder: string;
  readonly agent: string | null;
  readonly allowUnsandboxed: boolean;
  readonly trust: readonly string[] | null;
  readonly isStrict: boolean;
  /** Folder for recordings of what models say; null for none. */
  readonly record: string | null;
  /** Everything ends once it aborts. */
  readonly kill: AbortSignal;
  /** The work of a run without units; null for one that goes through them. */
  readonly lead: LeadWork | null;
}

/** What a person is told before money is spent. */
export interface Estimate {
  /** 0 for a lead alone. */
  readonly units: number;
  readonly agent: string;
  readonly cost: AgentCost;
  /** What they cost going by units so far, or a guess going by prices; null when nothing is known. */
  readonly costUsd: number | null;
  readonly isFromHistory: boolean;
  readonly capUsd: number | null;
}

/** Opens what a run works with, asks whether it may cost that, goes through what is open, and reports. */
export async function workThrough(
  request: RunRequest,
  end: RunEnd,
  taken: Taken,
  caughtUp: CaughtUp,
): Promise<RunResult> {
  const egress = openEgress(cacheFolder(taken.project), projectMark(taken.project));
  return closingAfter(async (atEnd) => {
    atEnd(async () => egress.close());
    return workWith(egress, request, end, taken, caughtUp);
  });
}

async function workWith(
  egress: Egress,
  request: RunRequest,
  end: RunEnd,
  taken: Taken,
  { rows, open, isAskedFor, state, apart, crashed, remembered }: CaughtUp,
): Promise<RunResult> {
  const { asker } = request;
  const { project, repository, branch, database } = taken;
  const { config } = project;
  const id = runId(new Date(), randomBytes(2).toString('hex'));
  const settings = runSettings(config, request, Date.now());
  const [cache, redactor] = [cacheFolder(project), projectRedactor(project)];
  const { launcher, refused, isReachable, askProgram } = await openLauncher(project, {
    folder: cache,
    allowUnsandboxed: request.allowUnsandboxed,
    redactor,
    egress,
    signal: end.signal,
  });
  end.closing.throwIfAborted();
  const units = open.map((row) => row.spec);
  const gathering = Fleet.gather({
    config,
    configBase: project.configBase,
    configRoot: project.configRoot,
    flag: request.agent,
    units,
    sessions: path.join(project.state, 'runs', id, 'sessions'),
    recordInto: request.record === null ? null : path.resolve(asker.folder, request.record),
    env: asker.env,
    caps: settings.caps,
    isUnmetered: settings.isUnmetered,
    isOffline: false,
    isReachable,
    askProgram,
    isChanged: (agent) => changedProgram(project, agent),
  });
  const fleet = await orAborted(end.signal, gathering); // it may ask a provider that does not answer
  end.closing.throwIfAborted();
  request.warn(await uncommittedWarnings(project, repository, units));
  const estimates = readEstimates(database);
  const estimate = estimateOf(open, fleet, estimates.usualCost, settings.caps.run, request.lead !== null);
  const isAsked = estimate.cost === 'priced' || estimate.cost === 'unknown';
  if (isAsked && !(await orAborted(end.closing, request.confirm(estimate))))
    return ended({ outcome: 'declined', isIdle: false, branch, left: [] });
  const opened: Opened = {
    ...taken,
    request,
    end,
    id,
    settings,
    fleet,
    launcher,
    refused,
    redactor,
    egress,
    estimates,
  };
  const hooks = Hooks.open({
    ...{ project, repository, database, id, branch, redactor, clock: systemClock, hurry: request.kill },
    withheld: keyVariables(project),
    command: request.typed.command,
  });
  const { lead } = request;
  const beginning = { rows, open: open.length, state, apart, isAskedFor, crashed, remembered, lead };
  return heardBy(hooks, database, async () => {
    const life = await goThrough(opened, beginning);
    return reported(life, hooks, { ...opened, typed: request.typed }, beginning);
  });
}

/** Does work whose events hooks hear. They are told if it cannot go on. */
async function heardBy<T>(hooks: Hooks | null, database: Database, work: () => Promise<T>): Promise<T> {
  if (hooks === null) return work();
  const hearing = database.listen((event) => hooks.hear(event));
  try {
    return await work();
  } catch (error) {
    const fatal = fatalError(error);
    await hooks.halt(fatal instanceof Error ? fatal.message : String(fatal), !(fatal instanceof ToldError));
    throw error;
  } finally {
    hearing();
  }
}

/** Reports a run that has ended, and tells hooks of it. */
async function reported(
  { comeBackAt, outcome }: Awaited<ReturnType<typeof goThrough>>,
  hooks: Hooks | null,
  opened: Opened & Pick<RunTalk, 'typed'>,
  { rows, isAskedFor }: Beginning,
): Promise<RunResult> {
  const { id, project, database, settings, typed } = opened;
  const { config } = project;
  const { branch } = settings;
  failpoint('report');
  const lines = await bringHome({ ...opened, branch });
  const limits = { ...settings, phases: config.phases };
  const began = { rows, limits, exclusive: config.exclusive };
  const write = async (): ReturnType<typeof writeReport> =>
    writeReport({ ...opened, run: id, bringHome: lines, typed, began });
  const first = await write();
  const written = hooks !== null && (await tellEnd(hooks, first, { ...opened, lines })) ? await write() : first;
  failpoint('reported');
  // Of those that failed before, those that were not retried meanwhile.
  const tried = new Set(readRunAttempts(database, id).map((attempt) => attempt.unit));
  const left = leftOf(rows, isAskedFor).filter(
    ({ state: before, id: unit }) => failedStates.includes(before) && !tried.has(unit),
  );
  return { ...ended({ outcome, isIdle: false, branch, left }), ...written, bringHome: lines, comeBackAt };
}

/** Tells hooks the end of a run. True if something went wrong that the report should say. */
async function tellEnd(
  hooks: Hooks,
  { report }: Awaited<ReturnType<typeof writeReport>>,
  {
    project,
    database,
    request,
    id,
    lines,
  }: Pick<Opened, 'project' | 'database' | 'request' | 'id'> & {
    readonly lines: readonly string[];
  },
): Promise<boolean> {
  const before = hooks.warnings;
  const hearing = database.listen((event) => request.onEvent(event));
  failpoint('hooks');
  try {
    await hooks.end({ report, file: path.join(project.state, reportName(id, 'json')), merge: mergeIn(lines) });
  } finally {
    hearing();
  }
  failpoint('hooks told');
  return hooks.warnings > before;
}

function estimateOf(
  open: readonly UnitRow[],
  fleet: Fleet,
  usualCost: number | null,
  cap: number | null,
  isLed: boolean,
): Estimate {
  const units = open.map((row) => row.spec);
  const { kind, microUsd } = expectedCost(fleet.casting, fleet.prices, units, usualCost);
  return {
    units: open.length,
    agent: fleet.casting.defaultName,
    cost: kind,
    costUsd: microUsd === null || isLed ? null : toUsd(microUsd),
    isFromHistory: usualCost !== null,
    capUsd: cap === null ? null : toUsd(cap),
  };
}
