import os from 'node:os';

/**
 * A person's name for records: their account's name; without an account (a user id in a container), git's `user.name` for
 * a folder, else the id.
 */
export async function personName(folder: string): Promise<string> {
  try {
    return os.userInfo().username;
  } catch {
    const { userGit } = await import('./user-git.ts'); // what starts git takes a quick command time to load
    const { text } = await userGit(folder, 'config', '--get', 'user.name');
    return text === null || text === '' ? `user ${process.getuid?.() ?? '?'}` : text;
  }
}
