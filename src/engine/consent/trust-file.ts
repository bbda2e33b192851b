import path from 'node:path';
import { folderIn, homeFolder } from '../../util/files/home.ts';
import type { Env } from '../context/asker.ts';

/**
 * The file that keeps what the user agreed to; null where the user has no home folder, and nothing names another one. This
 * file imports little: quick commands look at it.
 */
export function trustFile(env: Env): string | null {
  const home = homeFolder(env);
  const folder = folderIn('XDG_CONFIG_HOME', env) ?? (home === null ? null : path.join(home, '.config'));
  return folder === null ? null : path.join(folder, 'backlog', 'trust.json');
}
