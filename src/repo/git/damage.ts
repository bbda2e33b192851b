import path from 'node:path';
import { type InputError, inputError } from '../../model/diagnostic.ts';
import type { Env } from '../../util/files/home.ts';
import { git, wrongFirst } from './git.ts';
import type { Located } from './locate.ts';
import { repositoriesMet } from './repository.ts';

/*
 * Detects a repository damaged by a power loss, a disk or a person. Checking takes time by the repository's size, so it
 * runs only after an error that should not occur. Git decides, by reading the objects.
 */

/** Maximum milliseconds for the check. */
const patienceMs = 60_000;
/** Milliseconds after which the user is told about it. */
const quietMs = 3000;

/**
 * The damage in the repositories found for whoever has this environment, as far as branches, HEAD and our records need it; null if git
 * can read them, or if time ran out (a notice says so). Call it after an error that should not occur.
 */
export async function damageMet(
  env: Env,
  options: { readonly signal?: AbortSignal; readonly limitMs?: number; readonly notice?: (text: string) => void } = {},
): Promise<InputError | null> {
  const { limitMs = patienceMs, notice = () => {} } = options;
  const over = AbortSignal.timeout(limitMs);
  const signal = options.signal ? AbortSignal.any([options.signal, over]) : over;
  for (const located of repositoriesMet(env)) {
    const { root } = located;
    const told = setTimeout(() => {
      notice(
        `Checking whether the repository ${root} is damaged, for at most ${seconds(limitMs)}. Ctrl-C skips the check.`,
      );
    }, quietMs);
    try {
      const found = await damageIn(located, signal);
      if (found !== null) return found;
    } catch {
      // Undecided: the original error stands.
      if (over.aborted)
        notice(
          `The check of the repository ${root} for damage did not finish in ${seconds(limitMs)}; run "git fsck --full" there.`,
        );
      if (signal.aborted) return null;
    } finally {
      clearTimeout(told);
    }
  }
  return null;
}

async function damageIn({ root, gitDir, commonDir }: Located, signal: AbortSignal): Promise<InputError | null> {
  const complaint = async (
    ...args: readonly string[]
  ): Promise<{ readonly isOver: boolean; readonly says: string | null }> => {
    const { exitCode, stderr } = await git(
      {
        ...{ cwd: gitDir, env: { GIT_DIR: gitDir, GIT_WORK_TREE: root }, allow: [1, 2, 128, 129], signal },
        onOutput: () => {},
      },
      ...args,
    );
    // Git reports the object first and its consequences later, and the last line names the object.
    const [word] = /^(?:fatal|error): /.exec(wrongFirst(stderr)) ?? [];
    const said = word === undefined ? [] : stderr.split('\n').filter((line) => line.startsWith(word));
    return { isOver: exitCode !== 0, says: said.at(-1)?.slice(word?.length) ?? null };
  };
  // HEAD as part of `--all`, which ignores an unborn branch.
  const tips = ['--branches', '--glob=refs/backlog', '--single-worktree', '--exclude=refs/*', '--all', '--'];
  // Objects that a partial clone left with its remote are promised, not damaged.
  const walk = ['rev-list', '--quiet', '--missing=allow-promisor'];
  // Every commit, and every file of the tips, unpacked: all that an agent's workspace needs.
  const history = await complaint('-c', 'core.commitGraph=false', ...walk, ...tips);
  const contents = history.isOver ? history : await complaint(...walk, '--verify-objects', '--no-walk', ...tips);
  // Git only reports content that does not match its name, and continues.
  const isOther = contents.says !== null && contents.says !== history.says;
  const last = contents.isOver || isOther ? contents : await complaint('ls-files');
  if (!last.isOver && !isOther) return null;
  return inputError(
    'damaged-repository',
    `the repository ${root} is damaged: ${last.says ?? 'git cannot read it'}`,
    `See "git fsck --full". A lost object comes back from a clone or a remote ("git fetch"), a lost branch from the last line of its file below ${path.join(commonDir, 'logs')}; then run the same command again.`,
  );
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} milliseconds` : `${Math.round(ms / 1000)} seconds`;
}
