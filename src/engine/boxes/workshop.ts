import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../model/config.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { Trash } from '../../repo/worktrees/trash.ts';
import { Egress } from '../../sandbox/egress.ts';
import type { Launcher } from '../../sandbox/launcher.ts';
import { removeTree } from '../../util/folders/remove.ts';
import { Boxes } from './boxes.ts';
import { openSetUp, type SetUp, type SetUpOptions } from './set-up.ts';

/** The way out for boxes that may reach some hosts. Paths of sockets must be short. */
export function openEgress(cache: string, mark: string): Egress {
  return new Egress(
    cache.length < 70 ? path.join(cache, 'net') : path.join(os.tmpdir(), `backlog-${mark}-${process.pid}`),
  );
}

/** Boxes with what is set up in them, in the cache of a project. */
export function openBoxes(
  options: {
    readonly config: Config;
    readonly repository: Repository;
    readonly launcher: Launcher;
    readonly cache: string;
    readonly mark: string;
    /** Milliseconds that a set-up may take. */
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  } & Pick<SetUpOptions, 'branchTree'>,
): { readonly setUp: SetUp | null; readonly boxes: Boxes } {
  const { config, repository, launcher, cache, mark, timeoutMs, signal, branchTree } = options;
  const paths = { cache: `${cache}-set-up`, folder: cache };
  const setUp = openSetUp(config, { repository, launcher, ...paths, mark, signal, timeoutMs, branchTree });
  const trash = new Trash(path.join(cache, 'trash'));
  return { setUp, boxes: new Boxes({ repository, launcher, folder: path.join(cache, 'ahead'), trash, setUp, signal }) };
}

/**
 * Removes everything that lay in the cache. Call it only while holding the queue's lock. What cannot be removed is put
 * aside, out of the way of all runs to come; returns where, and why, for a person; null when nothing is left.
 */
export async function clearCache(cache: string): Promise<string | null> {
  const problem = await removeTree(cache);
  if (problem === null) return null;
  const aside = `${cache}-left-${randomBytes(4).toString('hex')}`;
  await rename(cache, aside);
  return `${aside} holds what a box left behind and could not be removed (${problem}). Nothing needs it.`;
}
