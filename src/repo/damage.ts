import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type InputError, inputError } from '../model/diagnostic.ts';
import { git, textOf } from './git.ts';
import { locate, type Located } from './locate.ts';

/*
 * A repository that a power loss, a disk or a hand left damaged. Nothing looks for that beforehand, since it costs by
 * all that there is: who met something that cannot be asks here whether it was this. Git is the judge, by reading.
 */

/**
 * What is damaged in the repository of a folder, of all that branches and our records need now; null where git can read
 * it. Call it where something was met that cannot be.
 */
export async function damageMet(folder: string): Promise<InputError | null> {
  try {
    const located = locate(folder);
    return located === null ? null : await damageIn(located);
  } catch {
    return null; // nobody can say: it stays what it was
  }
}

async function damageIn({ root, gitDir, commonDir }: Located): Promise<InputError | null> {
  const ask = async (input: string, ...args: readonly string[]): Promise<{ no: string | null; text: string }> => {
    const isRead = args.includes('pack-objects');
    const result = await git(
      {
        ...{ cwd: gitDir, env: { GIT_DIR: gitDir, GIT_WORK_TREE: root }, input, allow: [1, 2, 128, 129] },
        ...(isRead ? { onOutput: () => {} } : {}),
      },
      ...args,
    );
    if (result.exitCode === 0) return { no: null, text: isRead ? '' : textOf(result) };
    const [first = ''] = result.stderr.split('\n').filter((line) => /^(?:error|fatal): /.test(line));
    return { no: first.replace(/^\w+: /, '') || `git ${args[0] ?? ''} ended with ${result.exitCode}`, text: '' };
  };
  // Every commit, and of the tips every file: what an agent's workspace is made of.
  const tips = ['--branches', '--glob=refs/backlog', '--'];
  const history = await ask('', 'rev-list', '--count', ...tips);
  const objects = history.no === null ? await ask('', 'rev-list', '--objects', '--no-walk', ...tips) : history;
  const contents =
    objects.no === null && objects.text !== ''
      ? await ask(`${objects.text}\n`, '-c', 'pack.compression=0', 'pack-objects', '-q', '--stdout', '--window=0')
      : objects;
  const { no } = contents.no === null ? await ask('', 'ls-files') : contents;
  if (no === null) return null;
  return inputError(
    'damaged-repository',
    `the repository ${root} is damaged: ${no}`,
    `See "git fsck --full". A lost object comes back from a clone or a remote ("git fetch"), a lost branch from the last line of its file below ${path.join(commonDir, 'logs')}; then run the same command again.`,
  );
}

/** The commit that a log of git's last wrote down for a ref; null where it logged none, or the ref was removed with its log. */
export function lastLogged(gitDir: string, ref: string): string | null {
  const file = path.join(gitDir, 'logs', ref);
  if (!existsSync(file) || !statSync(file).isFile()) return null;
  const [, to] = (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '').split(' ');
  return to !== undefined && /^[0-9a-f]{40}$/.test(to) && !/^0+$/.test(to) ? to : null;
}
