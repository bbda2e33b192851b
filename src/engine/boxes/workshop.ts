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
import { type Boxes, CopiedBoxes } from './boxes.ts';
import { LayeredBoxes } from './layers.ts';
import { openSetUp, type SetUp, type SetUpOptions } from './set-up.ts';

/** The proxy for boxes that may reach some hosts. Socket paths must be short. */
export function openEgress(cache: string, mark: string): Egress {
  return new Egress(
    cache.length < 70 ? path.join(cache, 'net') : path.join(os.tmpdir(), `backlog-${mark}-${process.pid}`),
  );
}

/** Boxes with their set-up, in a project's cache: for agents, and for single commands such as checks. */
export function openBoxes(
  options: {
    readonly config: Config;
    readonly repository: Repository;
    readonly launcher: Launcher;
    readonly cache: string;
    readonly mark: string;
    /** Time limit of the set-up in milliseconds. */
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  } & Pick<SetUpOptions, 'branchTree'>,
): { readonly setUp: SetUp | null; readonly boxes: CopiedBoxes; readonly commandBoxes: Boxes } {
  const { config, repository, launcher, cache, mark, timeoutMs, signal, branchTree } = options;
  const paths = { cache: `${cache}-set-up`, folder: cache };
  const setUp = openSetUp(config, { repository, launcher, ...paths, mark, signal, timeoutMs, branchTree });
  const boxOptions = { repository, launcher, setUp, trash: new Trash(path.join(cache, 'trash')) };
  const boxes = new CopiedBoxes({ ...boxOptions, folder: path.join(cache, 'ahead'), signal });
  const layered = (): Boxes => new LayeredBoxes({ ...boxOptions, folder: path.join(cache, 'layers') });
  return { setUp, boxes, commandBoxes: launcher.canLayer ? layered() : boxes };
}

/**
 * Empties the cache. Call it only while holding the queue's lock. Moves aside what cannot be removed; returns where it is
 * and why, for a person; null if nothing is left.
 */
export async function clearCache(cache: string): Promise<string | null> {
  const problem = await removeTree(cache);
  if (problem === null) return null;
  const aside = `${cache}-left-${randomBytes(4).toString('hex')}`;
  await rename(cache, aside);
  return `${aside} holds what a box left behind and could not be removed (${problem}). Nothing needs it.`;
}
