import { inputError } from '../../model/diagnostic.ts';
import type { Env } from '../../util/files/home.ts';
import { runProcess } from '../../util/process/run-process.ts';
import { closedEnv, GitError, type GitResult, programsOff } from './git.ts';

/** A working tree, and the environment of the user whose git settings hold. */
export interface UserPlace {
  readonly root: string;
  readonly env: Env;
}

/** Asks git with the user's settings; `text` is null if it failed. */
export async function userGit(
  place: UserPlace,
  ...args: readonly string[]
): Promise<{ readonly text: string | null; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await asUser(place, {}, ...args);
  return { text: exitCode === 0 ? stdout.toString('utf8').trimEnd() : null, stderr: stderr.trim() };
}

/**
 * Runs git with the user's settings in their working tree; hooks and other programs that it would start for us stay off.
 * A non-zero exit is a result, not an error.
 */
export async function asUser(
  place: UserPlace,
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> },
  ...args: readonly string[]
): Promise<GitResult> {
  const env = Object.fromEntries(
    Object.entries(place.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^GIT_(?!CONFIG|AUTHOR|COMMITTER)/.test(entry[0]),
    ),
  );
  const result = await runProcess({
    file: 'git',
    args: [...programsOff, ...args],
    cwd: place.root,
    env: { ...env, ...closedEnv, ...options.env },
    maxOutputBytes: 512 * 1024 * 1024,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.startFault !== null) {
    const { isFolder, says } = result.startFault;
    throw isFolder
      ? inputError('no-folder', says, 'Name an existing folder.')
      : inputError('no-git', says, 'Install git 2.38 or newer.');
  }
  if (result.isTruncated) throw new GitError(args, 'its output is too large', place.root);
  return { exitCode: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr.toString('utf8') };
}
