import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Database, openForReading } from '../../queue/database.ts';
import { openRequests } from '../../queue/requests.ts';
import { unendedRuns } from '../../queue/runs.ts';
import { readStamp, writeStamp } from '../../queue/stamps.ts';
import { trustFile } from '../consent/trust-file.ts';
import type { Asker, Env } from '../context/asker.ts';
import { landingsRef, quickRef, quickRepository } from '../../repo/git/quick-refs.ts';
import { readConfined } from '../../util/files/confined-file.ts';
import { Fingerprint } from '../../util/values/fingerprint.ts';
import { lookAtSpecs } from '../../specs/units/walk.ts';
import { isWorkedOn } from './at-work.ts';
import { statePlace } from './state-place.ts';

/*
 * What a queue was brought up to date with, as it looks from outside. While all of that is as it was, the queue is up to
 * date, and nothing has to be read or parsed. This file imports little: it is what quick commands start with.
 */

const stampName = 'sync';
const configName = 'backlog.config.json';
const maxConfigBytes = 1024 * 1024;
/** A file that was written this shortly before it was read may be written again without looking different. */
const racyMs = 2000;

/** What is asked of the world. */
interface Asked {
  readonly ignore: readonly string[];
  /** Absolute path of a folder in the target. */
  readonly target: string;
  readonly branch: string;
}

interface Stamp extends Asked {
  readonly seen: string;
  /** See `Sight`: what looks the same may still be another; left out by older versions. */
  readonly isRacy?: boolean;
  /** True when the branch has what the user's own does not; null where nobody looked. */
  readonly isAhead: boolean | null;
}

/** How everything that a queue depends on looks now; null where that cannot be told without git. */
export interface Sight {
  readonly seen: string;
  readonly isRacy: boolean;
}

/** What the state of a project's queue depends on. */
export function dependedOn(project: {
  readonly config: { readonly ignore: readonly string[]; readonly into: string };
  readonly target: string;
}): Asked {
  return { ignore: project.config.ignore, target: project.target, branch: project.config.into };
}

/** Looks at everything that a queue depends on. Call it before any of it is read. */
export function lookAround(folder: string, asked: Asked, env: Env): Sight | null {
  const specs = lookAtSpecs(folder, asked.ignore);
  const target = quickRepository(asked.target);
  if (specs === null || target === null) return null;
  const home = quickRepository(folder);
  const refs = ['HEAD', `refs/heads/${asked.branch}`, landingsRef].map((name) => quickRef(target, name));
  if (refs.includes(null)) return null;
  const configs = [folder, ...(home && home.root !== folder ? [home.root] : [])].map((at) => hashOf(at, configName));
  const trust = trustFile(env);
  const consents = [
    env['BACKLOG_TRUST'] ?? '',
    trust === null ? null : hashOf(path.dirname(trust), path.basename(trust)),
  ];
  const seen = JSON.stringify([programVersion, specs.digest, target.gitDir, refs, configs, consents]);
  return { seen, isRacy: Date.now() - specs.youngest < racyMs };
}

/**
 * Remembers what the queue was brought up to date with; with null, that nothing is known. `isAhead`: whether the branch has
 * what the user's own does not; null where that was not looked at.
 */
export function rememberSight(
  database: Database,
  { ignore, target, branch }: Asked,
  sight: Sight | null,
  isAhead: boolean | null = null,
): void {
  const before = readStamp(database, stampName) as Stamp | null;
  const known = before !== null && before.seen === sight?.seen ? before.isAhead : null;
  const stamp: Stamp | null = sight === null ? null : { ignore, target, branch, ...sight, isAhead: isAhead ?? known };
  if (JSON.stringify(before) !== JSON.stringify(stamp)) writeStamp(database, stampName, stamp);
}

/** A queue that is as up to date as it can be: nothing changed since, or a run is at work and keeps it so. */
export interface Current {
  readonly database: Database;
  /** Absolute path of the folder with our state. */
  readonly state: string;
  readonly isRunning: boolean;
  /** True when the branch has what the user's own does not; null when that is not known. */
  readonly isAhead: boolean | null;
}

/** Opens the queue of a folder for reading when it is up to date; else null. Close the database after use. */
export function openCurrent(asker: Asker, folder: string): Current | null {
  let database: Database | null = null;
  try {
    const absolute = realpathSync(path.resolve(asker.folder, folder));
    const state = statePlace(absolute, asker.env);
    database = openForReading(state);
    if (database === null) return null;
    if (isWorkedOn({ state })) return { database, state, isRunning: true, isAhead: null };
    const stamp = readStamp(database, stampName) as Stamp | null;
    if (stamp !== null && stamp.isRacy !== true && isAsLeft(database, absolute, stamp, asker.env))
      return { database, state, isRunning: false, isAhead: stamp.isAhead };
  } catch {
    // Whatever is wrong is told by who opens it the long way.
  }
  database?.close();
  return null;
}

/** True while nothing is left to do, and everything looks as it did; `folder` is absolute. */
function isAsLeft(database: Database, folder: string, stamp: Stamp, env: Env): boolean {
  const isLeft = unendedRuns(database).length > 0 || openRequests(database).length > 0;
  return !isLeft && lookAround(folder, stamp, env)?.seen === stamp.seen;
}

/** Whether a queue on which nobody is at work is as new as what it depends on; null when that cannot be told. */
export function isUpToDate(
  database: Database,
  { folder, asker }: { readonly folder: string; readonly asker: Asker },
): boolean | null {
  const stamp = readStamp(database, stampName) as Stamp | null;
  return stamp === null && unendedRuns(database).length === 0
    ? null
    : stamp !== null && isAsLeft(database, folder, stamp, asker.env);
}

/** Throws when it is there and cannot be read: who opens the queue the long way says so. */
function hashOf(folder: string, file: string): string | null {
  const bytes = readConfined(folder, file, maxConfigBytes);
  return bytes === null ? null : new Fingerprint().add(bytes.toString('utf8')).toString();
}

/** Another version may read the same files in another way. */
const programVersion = String(statSync(import.meta.filename).mtimeMs);
