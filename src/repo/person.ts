import os from 'node:os';
import { userGit } from './user-git.ts';

/**
 * What a person is called in what is recorded of them: the name of their account; without an account (a container's user
 * id), their `user.name` of git for a folder, else the id.
 */
export async function personName(folder: string): Promise<string> {
  try {
    return os.userInfo().username;
  } catch {
    const { text } = await userGit(folder, 'config', '--get', 'user.name');
    return text === null || text === '' ? `user ${process.getuid?.() ?? '?'}` : text;
  }
}
