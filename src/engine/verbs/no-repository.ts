import { inputError } from '../../model/diagnostic.ts';

/** What a command says that needs the repository of a folder which is in none. */
export function noRepository(folder: string): Error {
  return inputError(
    'no-repository',
    `${folder} is not in a git working tree`,
    'Run "git init" there and commit once, or name the repository under "target".',
  );
}
