import { InputError } from '../../../model/diagnostic.ts';
import { isSettled } from '../../../model/unit.ts';
import { readUnits } from '../../../queue/units.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import type { BranchState } from '../../../repo/refs/branch.ts';
import { orAborted } from '../../../util/time/aborted.ts';
import { startThroughHelper } from '../../../util/process/run-process.ts';
import type { Asker } from '../../context/asker.ts';
import { requireConsent, saidWith } from '../../consent/consent.ts';
import { Interrupted } from '../../context/interrupted.ts';
import { machineError } from '../../context/machine.ts';
import { RunEnd } from '../../context/run-end.ts';
import { requireAgent } from '../../crew/casting.ts';
import { configProblems } from '../../project/config-problems.ts';
import { countNotWork } from '../../project/not-work.ts';
import { outcomeOf } from '../../project/outcome.ts';
import { openProject, type Project } from '../../project/project.ts';
import { dependedOn, lookAround, openCurrent, rememberSight, type Sight } from '../../project/stamp.ts';
import { typedBy } from '../../project/typed.ts';
import { askedBy, giveConsent } from '../keeping/trust.ts';
import { type Taken, withBranch } from '../queue/take-branch.ts';
import { type Meanwhile, verb } from '../verb.ts';
import { catchUp } from './catch-up.ts';
import { type RunInput, runInput } from './run-input.ts';
import { ended, leftOf, type RunResult } from './run-result.ts';
import { type RunRequest, type RunTalk, workThrough } from './work-through.ts';
import { mergeLine } from './write-report.ts';

/** Runs the queue of a specs folder. Without an answer to its questions it starts, and agrees to nothing. */
export const run = verb(
  runInput,
  async (asker, input, meanwhile: Meanwhile & Partial<RunTalk>) => {
    const request = requestOf(asker, input, meanwhile, null);
    return nothingToDo(request) ?? runToEnd(request);
  },
  machineError,
);

/** A run as it is asked for; who is asked nothing agrees to nothing. */
export function requestOf(
  asker: Asker,
  input: RunInput,
  { signal, ...talk }: Meanwhile & Partial<RunTalk>,
  lead: RunRequest['lead'],
): RunRequest {
  return {
    onProgress: () => {},
    onEvent: () => {},
    warn: () => {},
    confirm: () => Promise.resolve(true),
    agree: () => Promise.resolve(false),
    stop: signal,
    stopOutcome: () => 'interrupted',
    typed: typedBy(asker, input.folder),
    ...talk,
    ...input,
    ...{ asker, lead, kill: signal },
  };
}

/** Runs from the consent to the report. */
export async function runToEnd(request: RunRequest): Promise<RunResult> {
  const end = new RunEnd(request);
  try {
    return await begun(request, end);
  } catch (error) {
    // Stopped before its first event: nothing was begun, and nothing is to be told.
    if (!(error instanceof Interrupted) || error.reason.kind !== 'stopped' || !end.closing.aborted) throw error;
    return ended({ outcome: request.stopOutcome(), isIdle: false, branch: '', left: [] });
  }
}

async function begun(request: RunRequest, end: RunEnd): Promise<RunResult> {
  const project = await openTrusted(request, end);
  request.onProgress(project.config.progress);
  const sight = lookAround(project.folder, dependedOn(project), request.asker.env);
  const { folder, into, isStrict } = request;
  const wanted = {
    ...{ folder, into, isStrict, isChecked: true, other: 'another run', signal: end.closing },
    mayBeEmpty: request.lead !== null,
  };
  return withBranch(project, wanted, async (taken) => {
    const closeHelper = await startThroughHelper();
    try {
      return await locked(request, end, taken, sight);
    } finally {
      await closeHelper();
    }
  });
}

/** Opens the project once the user agreed to all that its configuration asks for. */
async function openTrusted(request: RunRequest, end: RunEnd): Promise<Project> {
  const { asker, folder } = request;
  const said = saidWith(request);
  const project = await openProject(asker, folder, said);
  const problems = await configProblems(project, [
    ...(request.agent === null ? [] : (['agent'] as const)),
    ...(request.into === null ? [] : (['into'] as const)),
  ]);
  if (problems.length > 0) throw new InputError(problems);
  requireAgent(project.config, request.agent, asker.env);
  if (project.consent.withheld.length === 0) return project;
  const asked = askedBy(project.consent);
  if (project.consent.isMismatch || !(await orAborted(end.closing, request.agree(asked)))) requireConsent(project);
  await giveConsent(asker, (await openProject(asker, folder)).consent, asked.digest);
  const opened = await openProject(asker, folder, said);
  requireConsent(opened);
  return opened;
}

/** Brings the queue up to date, and goes through what is open, if anything is. `sight`: how all looked before it was read. */
async function locked(request: RunRequest, end: RunEnd, taken: Taken, sight: Sight | null): Promise<RunResult> {
  const { project, repository, specs, branch, database } = taken;
  const { config } = project;
  const found = await catchUp(taken, { ...request, closing: end.closing });
  if (request.lead !== null) return workThrough(request, end, taken, { ...found, open: [], isAskedFor: () => false });
  const { rows, open, isAskedFor, state, apart } = found;
  if (open.length === 0 && found.isNothingToLand) {
    const outcome = outcomeOf(
      rows.filter((row) => isAskedFor(row.spec.id)),
      new Set(),
    );
    const isSeenWhole = branch === config.into && specs.units.every((unit) => unit.prompt === null);
    const isAhead = hasMore(state, repository) || (apart !== null && hasMore(apart.state, apart.repository));
    rememberSight(database, dependedOn(project), isSeenWhole ? sight : null, isAhead);
    const home = isAhead ? [mergeLine(branch === config.into ? null : branch, request.typed)] : [];
    const notWork = countNotWork(specs.notWork);
    return { ...ended({ outcome, isIdle: true, branch, left: leftOf(rows, isAskedFor) }), bringHome: home, notWork };
  }
  end.closing.throwIfAborted();
  rememberSight(database, dependedOn(project), null); // from here on it changes
  return workThrough(request, end, taken, found);
}

/** True if a branch has commits that HEAD lacks. */
function hasMore(state: BranchState, { head }: Pick<Repository, 'head'>): boolean {
  return state.kind === 'merge' || (state.kind === 'current' && state.tip !== head);
}

/** The end of a run on a folder in which nothing is open, and nothing has changed since that was seen; else null. */
function nothingToDo(request: RunRequest): RunResult | null {
  const { only, exclude, phases, labels } = request.selection;
  const isPart = [only, exclude, phases, labels].some((list) => list.length > 0);
  const isSaid = [request.into, request.agent].some((said) => said !== null);
  if (isPart || isSaid || request.isStrict || request.withFollowups) return null;
  const current = openCurrent(request.asker, request.folder);
  if (!current) return null;
  try {
    const rows = readUnits(current.database).filter((row) => row.state !== 'retired');
    if (current.isRunning || current.isAhead === null || rows.some((row) => !isSettled(row.state))) return null;
    const outcome = outcomeOf(rows, new Set());
    const home = current.isAhead ? [mergeLine(null, request.typed)] : [];
    return { ...ended({ outcome, isIdle: true, branch: '', left: leftOf(rows, () => true) }), bringHome: home };
  } finally {
    current.database.close();
  }
}
