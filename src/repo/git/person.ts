import os from 'node:os';
import type { Env } from '../../util/files/home.ts';

/**
 * A person's name for records: their account's name; without an account (a user id in a container), git's `user.name` for
 * a folder, else the id.
 */
export async function personName(folder: string, env: Env): Promise<string> {
  try {
    return os.userInfo().username;
  } catch {
    const { userGit } = await import('./user-git.ts'); // what starts git takes a quick command time to load
    const { text } = await userGit({ root: folder, env }, 'config', '--get', 'user.name');
    return text === null || text === '' ? `user ${process.getuid?.() ?? '?'}` : text;
  }
}
