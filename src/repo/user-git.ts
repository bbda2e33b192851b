import { inputError } from '../model/diagnostic.ts';
import { runProcess } from '../util/process/run-process.ts';
import { closedEnv, GitError, type GitResult, programsOff } from './git.ts';

/** Git as the user has it set up, for questions only; `text` is null when it refused. */
export async function userGit(
  cwd: string,
  ...args: readonly string[]
): Promise<{ readonly text: string | null; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await asUser(cwd, {}, ...args);
  return { text: exitCode === 0 ? stdout.toString('utf8').trimEnd() : null, stderr: stderr.trim() };
}

/**
 * Git as the user has it set up, in their working tree; hooks and whatever else would start programs for our sake stay
 * off. What it says is the answer, also where it refuses.
 */
export async function asUser(
  cwd: string,
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> },
  ...args: readonly string[]
): Promise<GitResult> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^GIT_(?!CONFIG|AUTHOR|COMMITTER)/.test(entry[0]),
    ),
  );
  const result = await runProcess({
    file: 'git',
    args: [...programsOff, ...args],
    cwd,
    env: { ...env, ...closedEnv, ...options.env },
    maxOutputBytes: 512 * 1024 * 1024,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.startFault !== null) {
    const { isFolder, says } = result.startFault;
    throw isFolder
      ? inputError('no-folder', says, 'Name a folder that is there.')
      : inputError('no-git', says, 'Install git 2.38 or newer.');
  }
  if (result.isTruncated) throw new GitError(args, 'its answer is too large to be read', cwd);
  return { exitCode: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr.toString('utf8') };
}
