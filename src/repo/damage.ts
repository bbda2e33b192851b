import path from 'node:path';
import { type InputError, inputError } from '../model/diagnostic.ts';
import { notice } from '../util/notice.ts';
import { git, wrongFirst } from './git.ts';
import type { Located } from './locate.ts';
import { repositoriesMet } from './repository.ts';

/*
 * A repository that a power loss, a disk or a hand left damaged. Nothing looks for that beforehand, since it costs by
 * all that there is: who met something that cannot be asks here whether it was this. Git is the judge, by reading.
 */

/** Milliseconds for which is looked. */
const patienceMs = 60_000;
/** Milliseconds after which a person is told what they wait for. */
const quietMs = 3000;

/**
 * What is damaged in the repositories that this process works on, of all that their branches, HEAD and our records need
 * now; null where git can read it, or where nobody knows: where the time was over, a notice says so. Call it where
 * something was met that cannot be.
 */
export async function damageMet(
  options: { readonly signal?: AbortSignal; readonly limitMs?: number } = {},
): Promise<InputError | null> {
  const { limitMs = patienceMs } = options;
  const over = AbortSignal.timeout(limitMs);
  const signal = options.signal ? AbortSignal.any([options.signal, over]) : over;
  for (const located of repositoriesMet()) {
    const { root } = located;
    const told = setTimeout(() => {
      notice(`Looking whether the repository ${root} is damaged, for ${seconds(limitMs)} at most. Ctrl-C ends that.`);
    }, quietMs);
    try {
      const found = await damageIn(located, signal);
      if (found !== null) return found;
    } catch {
      // Nobody can say: it stays what it was.
      if (over.aborted)
        notice(
          `Whether the repository ${root} is damaged was not found out in ${seconds(limitMs)}: see "git fsck --full" there.`,
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
    // What it stumbled over comes before what came of it, and that names the object.
    const [word] = /^(?:fatal|error): /.exec(wrongFirst(stderr)) ?? [];
    const said = word === undefined ? [] : stderr.split('\n').filter((line) => line.startsWith(word));
    return { isOver: exitCode !== 0, says: said.at(-1)?.slice(word?.length) ?? null };
  };
  // HEAD as `--all` has it, which passes over a branch that is not born yet.
  const tips = ['--branches', '--glob=refs/backlog', '--single-worktree', '--exclude=refs/*', '--all', '--'];
  // What a clone left with its remote is promised, and no damage.
  const walk = ['rev-list', '--quiet', '--missing=allow-promisor'];
  // Every commit, and of the tips every file, unpacked: what an agent's workspace is made of.
  const history = await complaint('-c', 'core.commitGraph=false', ...walk, ...tips);
  const contents = history.isOver ? history : await complaint(...walk, '--verify-objects', '--no-walk', ...tips);
  // Git goes on after a content that is not the one of its name, and only says so.
  const isOther = contents.says !== null && contents.says !== history.says;
  const last = contents.isOver || isOther ? contents : await complaint('ls-files');
  if (!last.isOver && !isOther) return null;
  return inputError(
    'damaged-repository',
    `the repository ${root} is damaged: ${last.says ?? 'git cannot read it, and does not say why'}`,
    `See "git fsck --full". A lost object comes back from a clone or a remote ("git fetch"), a lost branch from the last line of its file below ${path.join(commonDir, 'logs')}; then run the same command again.`,
  );
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} milliseconds` : `${Math.round(ms / 1000)} seconds`;
}
