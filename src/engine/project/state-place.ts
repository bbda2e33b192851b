import { accessSync, constants, existsSync, lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Database, databaseName, openDatabase } from '../../queue/database.ts';
import { ensureOwnFolder } from '../../queue/own-folder.ts';
import { locate } from '../../repo/git/locate.ts';
import { folderIn } from '../../util/files/home.ts';
import { notice } from '../../util/notice.ts';
import type { Env } from '../context/asker.ts';
import { belowHome } from '../context/home.ts';

/*
 * Where the state of a specs folder is: everything that is believed when it is read again. It lies where no clone and
 * no checkout can write, and where no configuration has a say: in the git directory of the repository that holds the
 * specs, else in the user's state folder. This file imports little: it is what quick commands start with.
 */

/** The state folder of a specs folder (absolute, links resolved). It need not be there yet. */
export function statePlace(specsFolder: string, env: Env): string {
  const home = locate(specsFolder);
  if (home === null) return userPlace(specsFolder, env);
  const worktree = home.gitDir === home.commonDir ? '' : `${nameOf(path.basename(home.gitDir))}@`;
  const relative = path.relative(home.root, specsFolder);
  const place = path.join(home.commonDir, 'backlog', `${worktree}${relative === '' ? '@root' : nameOf(relative)}`);
  // Where the git directory can only be read and holds no queue, one is made elsewhere, to look at.
  return existsSync(path.join(place, databaseName)) || isWritable(place) ? place : userPlace(specsFolder, env);
}

/** In the user's state folder, as the XDG base directories have it. */
function userPlace(specsFolder: string, env: Env): string {
  const base = folderIn('XDG_STATE_HOME', env) ?? belowHome(env, 'the queue', 'XDG_STATE_HOME', '.local', 'state');
  return path.join(resolved(base), 'backlog', nameOf(specsFolder));
}

/** A folder with the links on the way to it resolved, also when it is not there yet. */
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

/** A path as the name of one folder: readable, and never the same for two paths. */
function nameOf(file: string): string {
  const name = [...Buffer.from(file)]
    .map((byte) => {
      const char = String.fromCodePoint(byte);
      if (char === path.sep) return '+';
      return /[\w.-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  if (name.length <= longest) return name;
  const { createHash } = process.getBuiltinModule('node:crypto'); // takes a quick command a tenth of its time to load
  return `${name.slice(-(longest - 70))}~${createHash('sha256').update(file).digest('hex')}`;
}

/** Where older versions kept the queue of a specs folder: in it, where a clone or a checkout can write. */
function oldQueue(specsFolder: string): string {
  return path.join(specsFolder, '.backlog', databaseName);
}

/**
 * Opens the queue of a specs folder for writing, and makes it when it is missing. Says then, once, when there is one in
 * the place of old, which is never opened.
 */
export function openQueue(
  project: { readonly folder: string; readonly state: string },
  options: { readonly isChecked?: boolean } = {},
): Database {
  const isNew = !existsSync(path.join(project.state, databaseName));
  const database = openDatabase(ensureState(project), options);
  const old = oldQueue(project.folder);
  if (isNew && lstatSync(old, { throwIfNoEntry: false }) !== undefined) {
    notice(
      `${old} is not opened: whoever made this folder could have put anything into it. ` +
        `The queue is in ${project.state} now, and was rebuilt from the specs, their ticks and what is recorded as landed. ` +
        'You can delete the old file.',
    );
  }
  return database;
}

/** Makes the state folder when it is missing, and returns it. */
export function ensureState(project: { readonly state: string }): string {
  ensureOwnFolder(path.dirname(project.state)); // shared by all queues of the repository
  return ensureOwnFolder(project.state);
}
