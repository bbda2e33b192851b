import type { Env } from '../../util/files/home.ts';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { type Database, openForReading } from '../../queue/database.ts';
import { openRequests } from '../../queue/requests.ts';
import { unendedRuns } from '../../queue/runs.ts';
import { readStamp, writeStamp } from '../../queue/stamps.ts';
import { trustFile } from '../consent/trust-file.ts';
import type { Asker } from '../context/asker.ts';
import { landingsRef, quickRef, quickRepository } from '../../repo/git/quick-refs.ts';
import { locate } from '../../repo/git/locate.ts';
import { readConfined } from '../../util/files/confined-file.ts';
import { Fingerprint } from '../../util/values/fingerprint.ts';
import { lookAtSpecs } from '../../specs/units/walk.ts';
import type { Reading } from '../../specs/formats/formats.ts';
import { isWorkedOn } from './at-work.ts';
import { programDigest } from './program.ts';
import { specsHome } from './specs-home.ts';
import { statePlace } from './state-place.ts';

/*
 * The outside view of everything that a queue was made from. While it is unchanged, the queue is current and nothing has to
 * be parsed. This module imports little, since quick commands start with it.
 */

const stampName = 'sync';
const configName = 'backlog.config.json';
const maxConfigBytes = 1024 * 1024;
/** A file written less than this before it was read may change again without changing its time. */
const racyMs = 2000;

/** The questions that the view answers. */
interface Asked extends Reading {
  /** Absolute path of a folder in the target. */
  readonly target: string;
  readonly branch: string;
  /** The formats and places that the asker named; missing in older versions. */
  readonly asked?: readonly string[];
}

interface Stamp extends Asked {
  readonly seen: string;
  /** See `Sight`: an equal view may hide a change; missing in older versions. */
  readonly isRacy?: boolean;
  /** True if the branch has commits that the user's branch lacks; null if unknown. */
  readonly isAhead: boolean | null;
}

/** The current view of everything that a queue depends on; null if git must be asked. */
export interface Sight {
  readonly seen: string;
  readonly isRacy: boolean;
}

/** The files and refs that a project's queue depends on. */
export function dependedOn(project: {
  readonly asker: Asker;
  readonly config: Reading & { readonly into: string };
  readonly target: string;
}): Asked {
  const { ignore, only = [], formats = [], into } = project.config;
  return { ignore, only, formats, target: project.target, branch: into, asked: askedOf(project.asker) };
}

/** What the asker named, of formats and places. */
function askedOf({ formats = [], only = [] }: Asker): readonly string[] {
  return [...formats, ...only];
}

/** Takes the view. Call it before reading any of it. */
export function lookAround(folder: string, asked: Asked, env: Env): Sight | null {
  const specs = lookAtSpecs(folder, asked);
  const target = quickRepository(asked.target);
  const home = quickRepository(folder);
  if (specs === null || target === null || (home === null && locate(folder) !== null)) return null;
  const names = ['HEAD', `refs/heads/${asked.branch}`];
  const refs = [...names, landingsRef].map((name) => quickRef(target, name));
  // Specs in a repository of their own are ticked there.
  if (home !== null && home.gitDir !== target.gitDir) refs.push(...names.map((name) => quickRef(home, name)));
  if (refs.includes(null)) return null;
  const configs = [folder, ...(home && home.root !== folder ? [home.root] : [])].map((at) => hashOf(at, configName));
  const trust = trustFile(env);
  const consents = [
    env['BACKLOG_TRUST'] ?? '',
    trust === null ? null : hashOf(path.dirname(trust), path.basename(trust)),
  ];
  const seen = JSON.stringify([programDigest(), specs.digest, target.gitDir, refs, configs, consents]);
  return { seen, isRacy: Date.now() - specs.youngest < racyMs };
}

/** Stores the view that the queue was updated to; null if unknown. `isAhead` as in `Stamp`. */
export function rememberSight(
  database: Database,
  asked: Asked,
  sight: Sight | null,
  isAhead: boolean | null = null,
): void {
  const before = readStamp(database, stampName) as Stamp | null;
  const known = before !== null && before.seen === sight?.seen ? before.isAhead : null;
  const stamp: Stamp | null = sight === null ? null : { ...asked, ...sight, isAhead: isAhead ?? known };
  if (JSON.stringify(before) !== JSON.stringify(stamp)) writeStamp(database, stampName, stamp);
}

/** A current queue: nothing changed since its update, or an active run maintains it. */
export interface Current {
  readonly database: Database;
  /** Absolute path of the state folder. */
  readonly state: string;
  readonly isRunning: boolean;
  /** True if the branch has commits that the user's branch lacks; null if unknown. */
  readonly isAhead: boolean | null;
}

/** Opens the queue of a folder for reading if it is current; else null. Close the database after use. */
export function openCurrent(asker: Asker, folder: string): Current | null {
  let database: Database | null = null;
  try {
    const absolute = realpathSync(path.resolve(asker.folder, folder));
    const state = statePlace(absolute, asker.env);
    database = openForReading(state);
    if (database === null) return null;
    if (isWorkedOn({ state })) return { database, state, isRunning: true, isAhead: null };
    const stamp = readStamp(database, stampName) as Stamp | null;
    const isSameAsked = askedOf(asker).join('\n') === (stamp?.asked ?? []).join('\n');
    if (
      stamp !== null &&
      isSameAsked &&
      stamp.isRacy !== true &&
      isAsLeft(database, specsHome(absolute).folder, stamp, asker.env)
    )
      return { database, state, isRunning: false, isAhead: stamp.isAhead };
  } catch {
    // The full way of opening it reports any error.
  }
  database?.close();
  return null;
}

/** True if nothing is left to do and nothing has changed; `folder` is absolute. */
function isAsLeft(database: Database, folder: string, stamp: Stamp, env: Env): boolean {
  const isLeft = unendedRuns(database).length > 0 || openRequests(database).length > 0;
  return !isLeft && lookAround(folder, stamp, env)?.seen === stamp.seen;
}

/** True if an idle queue is as new as what it depends on; null if unknown. */
export function isUpToDate(
  database: Database,
  { folder, asker }: { readonly folder: string; readonly asker: Asker },
): boolean | null {
  const stamp = readStamp(database, stampName) as Stamp | null;
  return stamp === null && unendedRuns(database).length === 0
    ? null
    : stamp !== null && isAsLeft(database, folder, stamp, asker.env);
}

/** Throws if the file exists and cannot be read; the full way of opening the queue reports it. */
function hashOf(folder: string, file: string): string | null {
  const bytes = readConfined(folder, file, maxConfigBytes);
  return bytes === null ? null : new Fingerprint().add(bytes.toString('utf8')).toString();
}
