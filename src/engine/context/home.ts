import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { type Env, homeFolder } from '../../util/files/home.ts';

/** A folder below the user's home. Throws an `InputError` that names `variable` if there is no home. */
export function belowHome(env: Env, what: string, variable: string, ...names: readonly string[]): string {
  const home = homeFolder(env);
  if (home !== null) return path.join(home, ...names);
  throw inputError(
    'no-home',
    `there is no place for ${what}: HOME is not set, and the user id ${process.getuid?.() ?? '?'} has no account with a home folder`,
    `Set HOME to a folder that this user can write, or name a folder in ${variable}.`,
  );
}
