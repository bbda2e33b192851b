import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type InputError, inputError } from '../model/diagnostic.ts';
import { writeConfined } from '../util/files/confined-file.ts';
import { plural } from '../util/text/plural.ts';
import { shellWord } from '../util/text/shell-word.ts';
import { git, textOf } from './git.ts';
import { userGit } from './user-git.ts';

/*
 * What a partial clone lacks is fetched by git when it is read. We fetch nothing, and would take a file that is not here
 * for one that does not exist. So all of it has to be here; a clone that is whole by now is as good as any.
 */

/** A repository, as far as it is looked at: paths as in `Repository`, and the commit of HEAD. */
interface Looked {
  readonly root: string;
  readonly gitDir: string;
  readonly plumbing: string;
  readonly head: string;
}

/** Throws an `InputError` for a partial clone that lacks anything of HEAD, of the branches or of our records. */
export async function requireWhole(repository: Looked): Promise<void> {
  const { gitDir, plumbing, head } = repository;
  if (!(await isPartial(gitDir))) return;
  const ask = async (input: readonly string[], ...args: readonly string[]): Promise<string[]> => {
    const env = { GIT_DIR: gitDir };
    const told = await git({ cwd: gitDir, env, input: input.map((line) => `${line}\n`).join('') }, ...args);
    return textOf(told).split('\n');
  };
  const named = await ask([], 'for-each-ref', '--format=%(objectname)', 'refs/heads', 'refs/backlog');
  const tips = [...new Set([head, ...named])].filter((name) => name !== '');
  // What was whole once is not gone through again.
  const text = await readFile(path.join(plumbing, 'whole'), 'utf8').catch(() => '');
  const known: readonly string[] = text.match(/^[0-9a-f]{40}$/gm) ?? [];
  if (tips.every((tip) => known.includes(tip))) return;
  const walk = ['rev-list', '--objects', '--quiet', '--missing=print', '--ignore-missing', '--stdin'];
  const told = await ask([...tips, ...known.map((name) => `^${name}`)], ...walk);
  const missing = told.filter((line) => line.startsWith('?')).length;
  if (missing > 0) throw await notWhole(repository, missing);
  try {
    writeConfined(plumbing, 'whole', `${tips.join('\n')}\n`, { isSynced: false });
  } catch {
    // On a disk that can only be read it is gone through every time.
  }
}

async function notWhole({ root }: Looked, missing: number): Promise<InputError> {
  const keys = String.raw`^remote\..*\.(promisor|partialclonefilter)$`;
  const { text } = await userGit(root, 'config', '--name-only', '--get-regexp', keys);
  const [, remote = null] = /^remote\.(.*)\.\w+$/m.exec(text ?? '') ?? [];
  const filter = `remote.${remote}.partialclonefilter`;
  const here = `git -C ${shellWord(root)}`;
  const fetch = `${here} fetch --refetch --no-filter ${shellWord(remote ?? '')}`;
  // Else what is pulled later lacks something again.
  const keep = text?.split('\n').includes(filter) === true ? ` && ${here} config --unset-all ${shellWord(filter)}` : '';
  return inputError(
    'partial-clone',
    `${root} is a partial clone: ${plural(missing, 'object')} of its history ${missing === 1 ? 'is' : 'are'} missing, and nothing is fetched during a run`,
    remote === null ? 'Clone it without --filter.' : `Fetch them ("${fetch}${keep}"), or clone it without --filter.`,
  );
}

async function isPartial(gitDir: string): Promise<boolean> {
  const config = await readFile(path.join(gitDir, 'config'), 'utf8').catch(() => '');
  return /^[ \t]*(?:partialclonefilter|promisor)[ \t]*(?:=|$)/im.test(config);
}
