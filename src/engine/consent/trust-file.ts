import path from 'node:path';
import { type Env, folderIn, homeFolder } from '../../util/files/home.ts';

/**
 * Path of the file with the user's consents; null without a home folder. This module imports little, for quick commands.
 */
export function trustFile(env: Env): string | null {
  const home = homeFolder(env);
  const folder = folderIn('XDG_CONFIG_HOME', env) ?? (home === null ? null : path.join(home, '.config'));
  return folder === null ? null : path.join(folder, 'backlog', 'trust.json');
}
