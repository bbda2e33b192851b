import { parseDuration } from '../model/config.ts';
import type { Database } from '../queue/database.ts';
import type { Repository } from '../repo/repository.ts';
import { systemClock } from '../util/clock.ts';
import { Cores } from '../util/cores.ts';
import { Checkouts } from './checkouts.ts';
import { openLauncher, projectRedactor } from './launch.ts';
import { cacheFolder, makeCacheFolder, type Project, projectMark } from './project.ts';
import { clearCache, openBoxes, openEgress } from './workshop.ts';

/**
 * Gives `action` checkouts of the branch outside of any run, for what a person asks: what comes of them is told, and not
 * kept as evidence. Call it only while holding the queue's lock. Throws an `InputError` where nothing holds commands.
 */
export async function withCheckouts<T>(
  it: {
    readonly project: Project;
    readonly repository: Repository;
    readonly database: Database;
    readonly branch: string;
    /** The branch's tree: its set-up may run scripts. */
    readonly tree: string;
    readonly allowUnsandboxed: boolean;
  },
  action: (checkouts: Checkouts) => Promise<T>,
): Promise<T> {
  const { project, repository, database, allowUnsandboxed } = it;
  const { config } = project;
  const cache = cacheFolder(project);
  await makeCacheFolder(project);
  const redactor = projectRedactor(project, process.env);
  const mark = projectMark(project);
  const egress = openEgress(cache, mark);
  const { launcher } = await openLauncher(project, { folder: cache, allowUnsandboxed, redactor, egress });
  const kill = new AbortController().signal;
  const timeoutMs = parseDuration(config.limits.attemptTimeout) ?? 0;
  const { setUp, boxes } = openBoxes({
    ...{ config, repository, launcher, cache, mark, timeoutMs, signal: kill },
    branchTree: () => Promise.resolve(it.tree),
    touchesOf: () => [],
  });
  const settings = { branch: it.branch, checkTimeoutMs: parseDuration(config.limits.checkTimeout) ?? 0 };
  const means = { config, repository, launcher, cores: new Cores(), database, clock: systemClock, cache, mark };
  const checkouts = new Checkouts({ ...means, id: null, settings, kill, boxes, setUp });
  try {
    return await action(checkouts);
  } finally {
    await boxes.close();
    await egress.close();
    await clearCache(cache);
  }
}
