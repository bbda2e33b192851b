import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { homeFolder } from '../../util/files/home.ts';
import { findProgram } from '../../util/files/programs.ts';
import type { Exposed } from '../programs/order-files.ts';
import type { Env, Surroundings } from './back-end.ts';

/*
 * What an agent needs of the user's machine: a secret, a program, files of the home folder. An `InputError` names a
 * missing one.
 */

/** A secret's description, and how to get one. */
interface Words {
  readonly what: string;
  readonly how: string;
}

/** The secret in a variable. Throws an `InputError` if it is empty. */
export function needSecret(
  { name, env }: Pick<Surroundings, 'name' | 'env'>,
  variable: string,
  { what, how }: Words = { what: 'an API key', how: `Set ${variable}` },
): string {
  const secret = env[variable];
  if (secret !== undefined && secret !== '') return secret;
  throw inputError(
    'no-key',
    `the agent "${name}" needs ${what} in ${variable}`,
    `${how}, or pick another agent with --agent.`,
  );
}

/**
 * The name of a program inside a box: unchanged if found on PATH, since the path may differ for the user that runs
 * commands.
 */
export function needProgram(
  { name, base, env, isReachable }: Pick<Surroundings, 'name' | 'base' | 'env' | 'isReachable'>,
  program: string,
): string {
  const found = findProgram(program, base, env['PATH'] ?? '');
  if (found === null)
    throw inputError(
      'no-program',
      `the agent "${name}" needs the program ${program}, which is ${program.includes('/') ? 'missing' : 'not on PATH'}`,
      'Install it, or pick another agent with --agent.',
    );
  if (!isReachable(found))
    throw inputError(
      'program-closed',
      `the agent "${name}" needs ${found}, which is not accessible in the sandbox: other users cannot read it, and commands run as another user`,
      'Install it where all users can read it, for example below /usr/local.',
    );
  return program.includes('/') ? found : program;
}

/**
 * The copied files of the home folder: `from` absolute, `to` relative to the home of the box. Throws an `InputError`
 * without a home.
 */
export function needFiles(files: readonly string[], env: Env): Exposed[] {
  const home = homeFolder(env);
  if (home === null && files.length > 0)
    throw inputError(
      'no-home',
      `an agent needs ${files.join(', ')}, but there is no home folder: HOME is not set`,
      'Set HOME.',
    );
  return files.map((file) => ({ from: path.join(home ?? '/', file.slice(2)), to: file.slice(2) }));
}
