import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AttemptId } from '../../model/ids.ts';
import { type AttemptRow, readAttempt, readAttemptOf, readAttempts } from '../../queue/attempts.ts';
import type { Database } from '../../queue/database.ts';
import { countForgotten, forgetSteps, oldRuns } from '../../queue/prune.ts';
import { readUnit } from '../../queue/units.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { deliverAgain, pruneOwn } from '../../repo/objects/own-objects.ts';
import { type KeptRef, listRefs, reachable, removeRefs } from '../../repo/refs/kept-refs.ts';
import { readRef, RefsBlocked } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { bytesIn } from '../../util/folders/size.ts';
import { removeTree } from '../../util/folders/remove.ts';
import { installedBytes } from './installation.ts';
import { workRefs } from '../project/kept-work.ts';
import { cacheFolder, type Project } from '../project/project.ts';

/** What is kept at most. */
export interface Quotas {
  /** Bytes of what set-up installed, the least recently used first to go. */
  readonly setUpBytes: number;
  /** Runs whose transcripts are kept; their reports are kept for ever. */
  readonly runs: number;
  /** Runs whose steps and evidence are kept in the queue; what they came to is kept for ever. */
  readonly history: number;
}

/** What a run keeps. */
export function quotasOf({ config }: Pick<Project, 'config'>): Quotas {
  const { keepRuns } = config.limits;
  return { setUpBytes: 10 * 1024 ** 3, runs: keepRuns, history: keepRuns };
}

/** What was given back. */
export interface Reclaimed {
  readonly refs: readonly string[];
  /** Refs that stay, since nothing else keeps their commits. */
  readonly keptRefs: number;
  /** What is in the way of giving back refs: they stay until the next time. */
  readonly blocked: RefsBlocked | null;
  readonly setUps: number;
  readonly transcripts: number;
  readonly bytes: number;
  /** Steps and evidence of old runs that the queue forgets. */
  readonly records: number;
}

/**
 * Gives back what is no longer needed: refs of attempts whose work landed, or of branch tips that were moved away from,
 * but only when the landing is proven to be in the history of a branch that stays; what set-up installed, over its quota;
 * transcripts of old runs, and what the queue knows of their steps. Call it only while holding the queue's lock.
 */
export async function reclaim(options: {
  readonly project: Project;
  readonly repository: Repository;
  readonly database: Database;
  readonly branch: string;
  readonly quotas: Quotas;
  /** Says what would be given back, and leaves it. */
  readonly isDry: boolean;
}): Promise<Reclaimed> {
  const { project, repository, database, quotas, isDry } = options;
  const tip = await readRef(repository, branchRef(options.branch));
  if (!isDry) await keepObjects(repository, tip);
  const safe = [repository.head, ...(tip === null ? [] : [tip])];
  const idle = await idleRefs(database, repository, safe);
  const blocked = isDry ? null : await removeUnlessBlocked(repository, idle.gone);
  const gone = blocked === null ? idle.gone : [];
  const setUps = await overQuota(`${cacheFolder(project)}-set-up`, quotas.setUpBytes);
  const transcripts = await oldTranscripts(path.join(project.state, 'runs'), quotas.runs);
  for (const { folder } of [...setUps, ...transcripts]) if (!isDry) await removeTree(folder);
  return {
    refs: gone.map((ref) => ref.name),
    keptRefs: idle.kept,
    blocked,
    setUps: setUps.length,
    transcripts: transcripts.length,
    bytes: [...setUps, ...transcripts].reduce((sum, { bytes }) => sum + bytes, 0),
    records: await forgetOldRuns(database, quotas.history, isDry),
  };
}

/** Rows that are looked at at a time: others wait for the queue meanwhile. */
const portion = 2000;

async function forgetOldRuns(database: Database, kept: number, isDry: boolean): Promise<number> {
  let forgotten = 0;
  for (const run of oldRuns(database, kept)) {
    if (isDry) {
      forgotten += countForgotten(database, run);
      continue;
    }
    for (const some of forgetSteps(database, Date.now(), run, portion)) {
      forgotten += some;
      await nextTurn();
    }
  }
  return forgotten;
}

/** Makes sure that the target has what our refs need, whatever was collected meanwhile, and drops what no ref needed. */
async function keepObjects(repository: Repository, tip: string | null): Promise<void> {
  const ours = (await listRefs(repository, 'refs/backlog/')).map(({ commit }) => commit);
  await deliverAgain(repository, tip === null ? ours : [...ours, tip]);
  await pruneOwn(repository, Date.now());
}

async function removeUnlessBlocked(repository: Repository, gone: readonly KeptRef[]): Promise<RefsBlocked | null> {
  try {
    await removeRefs(repository, gone);
    return null;
  } catch (error) {
    if (error instanceof RefsBlocked) return error;
    throw error;
  }
}

/** The commit by which what a ref keeps landed; null where it did not. Another queue can have an attempt of that name. */
function landingOfWork(database: Database, { name, commit }: KeptRef): string | null {
  const attempt =
    readAttempt(database, name.slice(name.lastIndexOf('/') + 1) as AttemptId) ?? readAttemptOf(database, commit);
  const row = attempt && readUnit(database, attempt.unit);
  if (!row || row.state !== 'done' || row.landedCommit === null) return null;
  const isLanding = ({ workCommit, landingCommit }: AttemptRow): boolean =>
    workCommit === commit && landingCommit === row.landedCommit;
  return readAttempts(database, row.spec.id).some(isLanding) ? row.landedCommit : null;
}

/** Where tips lie that the branch was moved away from. */
const oldRefs = 'refs/backlog/old/';

async function idleRefs(
  database: Database,
  repository: Repository,
  safe: readonly string[],
): Promise<{ readonly gone: readonly KeptRef[]; readonly kept: number }> {
  const refs = await listRefs(repository, ...workRefs, oldRefs);
  const old = refs.filter(({ name }) => name.startsWith(oldRefs));
  const work = refs.filter(({ name }) => !name.startsWith(oldRefs));
  // What proves that a ref is not needed: the landing of that very work, or the commit itself.
  const proofs = [
    ...work.flatMap((ref) => {
      const landed = landingOfWork(database, ref);
      return landed === null ? [] : [{ ref, commit: landed }];
    }),
    ...old.map((ref) => ({ ref, commit: ref.commit })),
  ];
  const commits = proofs.map(({ commit }) => commit);
  const held = await reachable(repository, commits, safe);
  const gone = proofs.flatMap(({ ref, commit }) => (held.has(commit) ? [ref] : []));
  return { gone, kept: work.length + old.length - gone.length };
}

interface Folder {
  readonly folder: string;
  readonly bytes: number;
  readonly usedAt: number;
}

async function overQuota(folder: string, maxBytes: number): Promise<Folder[]> {
  const found = await Promise.all(
    (await namesIn(folder)).map((name) => look(path.join(folder, name), async (kept) => installedBytes(kept))),
  );
  const all = found.filter((one) => one !== null).toSorted((a, b) => b.usedAt - a.usedAt);
  let bytes = 0;
  return all.filter((one) => (bytes += one.bytes) > maxBytes);
}

async function oldTranscripts(folder: string, runs: number): Promise<Folder[]> {
  const names = (await namesIn(folder)).toSorted().toReversed().slice(runs); // ids of runs begin with their time
  const found = await Promise.all(
    names.flatMap((name) => ['sessions', 'output'].map((kind) => look(path.join(folder, name, kind), bytesIn))),
  );
  return found.filter((one) => one !== null);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** How much a folder holds, and when it was used; null when it is not there. */
async function look(folder: string, measure: (folder: string) => Promise<number>): Promise<Folder | null> {
  try {
    const { mtimeMs } = await stat(folder);
    return { folder, bytes: await measure(folder), usedAt: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // gone meanwhile, or never there
    throw error;
  }
}
