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
import type { TickPlace } from '../context/tick-place.ts';
import { workRefs } from '../project/kept-work.ts';
import { cacheFolder, type Project } from '../project/project.ts';

export interface Quotas {
  /** Bytes of installations; the least recently used are removed first. */
  readonly setUpBytes: number;
  /** Runs whose transcripts are kept; reports are kept forever. */
  readonly runs: number;
  /** Runs whose steps and evidence stay in the queue; their summaries stay forever. */
  readonly history: number;
}

/** The quotas of a run. */
export function quotasOf({ config }: Pick<Project, 'config'>): Quotas {
  const { keepRuns } = config.limits;
  return { setUpBytes: 10 * 1024 ** 3, runs: keepRuns, history: keepRuns };
}

export interface Reclaimed {
  readonly refs: readonly string[];
  /** Refs that were kept, since nothing else keeps their commits. */
  readonly keptRefs: number;
  /** Why refs could not be removed; the next time retries. */
  readonly blocked: RefsBlocked | null;
  readonly setUps: number;
  readonly transcripts: number;
  readonly bytes: number;
  /** Pruned steps and evidence of old runs. */
  readonly records: number;
}

/**
 * Removes what is no longer needed: refs of landed attempts and of old branch tips, if their landing is in the history of
 * a branch that stays; installations over their quota; transcripts of old runs, and their steps in the queue. Call it only
 * while holding the queue's lock.
 */
export async function reclaim(options: {
  readonly project: Project;
  readonly repository: Repository;
  readonly ticks: TickPlace;
  readonly database: Database;
  readonly branch: string;
  readonly quotas: Quotas;
  /** Only report what would be removed. */
  readonly isDry: boolean;
}): Promise<Reclaimed> {
  const { project, repository, ticks, database, quotas, isDry } = options;
  const { gone, kept, blocked } = await reclaimRefs(repository, options, [...workRefs, oldRefs]);
  if (ticks.kind === 'apart') await reclaimRefs(ticks.repository, options, [oldRefs]);
  const setUps = await overQuota(`${cacheFolder(project)}-set-up`, quotas.setUpBytes);
  const transcripts = await oldTranscripts(path.join(project.state, 'runs'), quotas.runs);
  for (const { folder } of [...setUps, ...transcripts]) if (!isDry) await removeTree(folder);
  return {
    refs: gone.map((ref) => ref.name),
    keptRefs: kept,
    blocked,
    setUps: setUps.length,
    transcripts: transcripts.length,
    bytes: [...setUps, ...transcripts].reduce((sum, { bytes }) => sum + bytes, 0),
    records: await forgetOldRuns(database, quotas.history, isDry),
  };
}

/** Keeps the objects of a repository, and removes refs of these kinds that are no longer needed. */
async function reclaimRefs(
  repository: Repository,
  { database, branch, isDry }: Pick<Parameters<typeof reclaim>[0], 'database' | 'branch' | 'isDry'>,
  kinds: readonly string[],
): Promise<{ readonly gone: readonly KeptRef[]; readonly kept: number; readonly blocked: RefsBlocked | null }> {
  const tip = await readRef(repository, branchRef(branch));
  if (!isDry) await keepObjects(repository, tip);
  const safe = [repository.head, ...(tip === null ? [] : [tip])];
  const { gone, kept } = await idleRefs(database, repository, safe, kinds);
  const blocked = isDry ? null : await removeUnlessBlocked(repository, gone);
  return { gone: blocked === null ? gone : [], kept, blocked };
}

/** Rows per transaction, since other writers wait meanwhile. */
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

/** Delivers again objects of our refs that were collected, and deletes old ones of ours. */
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

/** The commit by which a ref's work landed; null if it did not. Another queue may have an attempt of the same name. */
function landingOfWork(database: Database, { name, commit }: KeptRef): string | null {
  const attempt =
    readAttempt(database, name.slice(name.lastIndexOf('/') + 1) as AttemptId) ?? readAttemptOf(database, commit);
  const row = attempt && readUnit(database, attempt.unit);
  if (!row || row.state !== 'done' || row.landedCommit === null) return null;
  const isLanding = ({ workCommit, landingCommit }: AttemptRow): boolean =>
    workCommit === commit && landingCommit === row.landedCommit;
  return readAttempts(database, row.spec.id).some(isLanding) ? row.landedCommit : null;
}

/** The refs of old branch tips. */
const oldRefs = 'refs/backlog/old/';

async function idleRefs(
  database: Database,
  repository: Repository,
  safe: readonly string[],
  kinds: readonly string[],
): Promise<{ readonly gone: readonly KeptRef[]; readonly kept: number }> {
  const refs = await listRefs(repository, ...kinds);
  const old = refs.filter(({ name }) => name.startsWith(oldRefs));
  const work = refs.filter(({ name }) => !name.startsWith(oldRefs));
  // A ref is not needed if its work's landing, or its commit itself, is in the history.
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
  const names = (await namesIn(folder)).toSorted().toReversed().slice(runs); // a run's id begins with its time
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

/** Size of a folder and when it was last used; null if missing. */
async function look(folder: string, measure: (folder: string) => Promise<number>): Promise<Folder | null> {
  try {
    const { mtimeMs } = await stat(folder);
    return { folder, bytes: await measure(folder), usedAt: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // removed meanwhile, or never made
    throw error;
  }
}
