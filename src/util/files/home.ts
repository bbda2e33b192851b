import os from 'node:os';
import path from 'node:path';

/** Variables of an environment, as data. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * The user's home folder: `HOME`, else the home of their account. Null if neither exists, as for a user id without an
 * account in a container.
 */
export function homeFolder(env: Env): string | null {
  const named = folderIn('HOME', env);
  if (named !== null) return named;
  try {
    const { homedir } = os.userInfo();
    return path.isAbsolute(homedir) ? homedir : null;
  } catch {
    return null;
  }
}

/** The folder that a variable names; null if it is unset, empty or not absolute. */
export function folderIn(variable: string, env: Env): string | null {
  const named = env[variable];
  return named !== undefined && path.isAbsolute(named) ? path.resolve(named) : null;
}
