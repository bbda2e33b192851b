import { accessSync, constants, existsSync, lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Database, databaseName, openDatabase } from '../../queue/database.ts';
import { ensureOwnFolder } from '../../queue/own-folder.ts';
import { locate } from '../../repo/git/locate.ts';
import { type Env, folderIn } from '../../util/files/home.ts';
import { belowHome } from '../context/home.ts';
import type { Asker } from '../context/asker.ts';

/*
 * The place of a specs folder's trusted state, which no clone, checkout or configuration can change: the git directory of
 * the repository that contains the specs, else the user's state folder. This module imports little, since quick commands
 * start with it.
 */

/** The state folder of a specs folder (absolute, links resolved). It may not exist yet. */
export function statePlace(specsFolder: string, env: Env): string {
  const home = locate(specsFolder);
  if (home === null) return userPlace(specsFolder, env);
  const worktree = home.gitDir === home.commonDir ? '' : `${nameOf(path.basename(home.gitDir))}@`;
  const relative = path.relative(home.root, specsFolder);
  const place = path.join(home.commonDir, 'backlog', `${worktree}${relative === '' ? '@root' : nameOf(relative)}`);
  // A read-only git directory without a queue: make one elsewhere, to show the state.
  return existsSync(path.join(place, databaseName)) || isWritable(place) ? place : userPlace(specsFolder, env);
}

/** The user's state folder by the XDG specification. */
function userPlace(specsFolder: string, env: Env): string {
  const base = folderIn('XDG_STATE_HOME', env) ?? belowHome(env, 'the queue', 'XDG_STATE_HOME', '.local', 'state');
  return path.join(resolved(base), 'backlog', nameOf(specsFolder));
}

/** A path with links resolved, even if it does not exist yet. */
export function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.dirname(folder) === folder ? folder : path.join(resolved(path.dirname(folder)), path.basename(folder));
  }
}

function isWritable(folder: string): boolean {
  if (!existsSync(folder)) return isWritable(path.dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const longest = 150;

/** A path as a folder name: readable and unique. */
function nameOf(file: string): string {
  const name = [...Buffer.from(file)]
    .map((byte) => {
      const char = String.fromCodePoint(byte);
      if (char === path.sep) return '+';
      return /[\w.-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  if (name.length <= longest) return name;
  const { createHash } = process.getBuiltinModule('node:crypto'); // a static import costs quick commands a tenth of their time
  return `${name.slice(-(longest - 70))}~${createHash('sha256').update(file).digest('hex')}`;
}

/** The queue of older versions, inside the specs folder, where a clone or a checkout can write. */
function oldQueue(specsFolder: string): string {
  return path.join(specsFolder, '.backlog', databaseName);
}

/** Opens the queue of a specs folder for writing, creating it if missing; then reports once an old one, which is not opened. */
export function openQueue(
  project: { readonly named: string; readonly state: string; readonly asker: Asker },
  options: { readonly isChecked?: boolean; readonly isLocked?: boolean } = {},
): Database {
  const isNew = !existsSync(path.join(project.state, databaseName));
  const database = openDatabase(ensureState(project), options);
  const old = oldQueue(project.named);
  if (isNew && lstatSync(old, { throwIfNoEntry: false }) !== undefined) {
    project.asker.notice?.(
      `${old} is not opened: whoever made this folder could have put anything into it. ` +
        `The queue is in ${project.state} now, and was rebuilt from the specs, their ticks and what is recorded as landed. ` +
        'You can delete the old file.',
    );
  }
  return database;
}

/** Creates the state folder if missing, and returns it. */
export function ensureState(project: { readonly state: string }): string {
  ensureOwnFolder(path.dirname(project.state)); // shared by the repository's queues
  return ensureOwnFolder(project.state);
}
