import os from 'node:os';
import path from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The user's home folder: the one that HOME names, else the one of their account. Null where neither does, as for a user
 * id without an account, which containers run as.
 */
export function homeFolder(env: Env = process.env): string | null {
  const named = folderIn('HOME', env);
  if (named !== null) return named;
  try {
    const { homedir } = os.userInfo();
    return path.isAbsolute(homedir) ? homedir : null;
  } catch {
    return null;
  }
}

/** The folder that a variable names; null where it is not set, empty, or not absolute, which counts as not set. */
export function folderIn(variable: string, env: Env = process.env): string | null {
  const named = env[variable];
  return named !== undefined && path.isAbsolute(named) ? path.resolve(named) : null;
}
