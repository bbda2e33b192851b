import { parseDuration } from '../../model/config.ts';
import type { Database } from '../../queue/database.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { closingAfter } from '../../util/closing.ts';
import { systemClock } from '../../util/time/clock.ts';
import { Cores } from '../../util/process/cores.ts';
import { CheckRunner, type RunnerTools } from '../jobs/check-runner.ts';
import { Checkouts } from './checkouts.ts';
import { type OpenedLauncher, openLauncher, projectRedactor } from '../boxes/launch.ts';
import { RunEnd } from '../context/run-end.ts';
import { makeCacheFolder, type Project, projectMark } from '../project/project.ts';
import { clearCache, openBoxes, openEgress } from '../boxes/workshop.ts';

/** The means to run commands outside of a run. */
export type Apart = RunnerTools &
  Pick<OpenedLauncher, 'isReachable' | 'askProgram'> & {
    readonly settings: { readonly branch: string; readonly checkTimeoutMs: number };
  };

interface Around {
  readonly project: Project;
  readonly repository: Repository;
  readonly branch: string;
  /** The branch's tree, whose set-up may run scripts. */
  readonly tree: string;
  readonly allowUnsandboxed: boolean;
  /** Ends running commands; waiting calls throw an `Interrupted`. */
  readonly signal: AbortSignal;
}

/**
 * Provides `action` with the means to run commands outside of a run. Call it only while holding the queue's lock. Throws
 * an `InputError` if there is no sandbox.
 */
export async function apart<T>(it: Around, action: (means: Apart) => Promise<T>): Promise<T> {
  return closingAfter(async (atEnd) => action(await openApart(it, atEnd)));
}

async function openApart(it: Around, atEnd: (close: () => Promise<unknown>) => void): Promise<Apart> {
  const { project, repository, allowUnsandboxed } = it;
  const { config } = project;
  const cache = await makeCacheFolder(project);
  atEnd(async () => clearCache(cache));
  const redactor = projectRedactor(project);
  const mark = projectMark(project);
  const egress = openEgress(cache, mark);
  atEnd(async () => egress.close());
  const end = new RunEnd({ kill: it.signal });
  const { signal } = end;
  const opened = await openLauncher(project, { folder: cache, allowUnsandboxed, redactor, egress, signal });
  const { launcher, isReachable, askProgram } = opened;
  signal.throwIfAborted();
  const timeoutMs = parseDuration(config.limits.attemptTimeout) ?? 0;
  const made = openBoxes({
    ...{ config, repository, launcher, cache, mark, timeoutMs, signal },
    branchTree: () => Promise.resolve(it.tree),
  });
  atEnd(async () => made.boxes.close());
  const settings = { branch: it.branch, checkTimeoutMs: parseDuration(config.limits.checkTimeout) ?? 0 };
  const means = { config, repository, launcher, isReachable, askProgram, cores: new Cores(), cache, mark };
  return { ...means, settings, end, ...made, outputs: null };
}

/** The same with `Checkouts`; results are reported, but not kept as evidence. */
export async function withCheckouts<T>(
  it: Around & { readonly database: Database },
  action: (checkouts: Checkouts) => Promise<T>,
): Promise<T> {
  const { database } = it;
  return apart(it, (means) => {
    const nobodys = { env: it.project.asker.env, id: null, tier: means.launcher.tier, touchesOf: () => [] };
    const executor = new CheckRunner(means);
    return action(new Checkouts({ ...means, ...nobodys, executor, database, clock: systemClock }));
  });
}
