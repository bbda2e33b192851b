import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type InputError, inputError } from '../../model/diagnostic.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import { plural } from '../../util/text/plural.ts';
import { shellWord } from '../../util/text/shell-word.ts';
import { git, textOf } from './git.ts';
import { userGit, type UserPlace } from './user-git.ts';

/*
 * Git fetches a partial clone's missing objects when it reads them. We fetch nothing, and would take a missing object for a
 * missing file. So all objects must be present; a partial clone that has become complete is accepted.
 */

/** The part of a `Repository` that the check needs. */
interface Looked extends UserPlace {
  readonly gitDir: string;
  readonly plumbing: string;
  readonly head: string;
}

/** Throws an `InputError` for a partial clone that lacks objects of HEAD, the branches or our records. */
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
  // Commits that were complete once are not checked again.
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
    // On a read-only disk, every run checks again.
  }
}

async function notWhole(repository: Looked, missing: number): Promise<InputError> {
  const { root } = repository;
  const keys = String.raw`^remote\..*\.(promisor|partialclonefilter)$`;
  const { text } = await userGit(repository, 'config', '--name-only', '--get-regexp', keys);
  const [, remote = null] = /^remote\.(.*)\.\w+$/m.exec(text ?? '') ?? [];
  const filter = `remote.${remote}.partialclonefilter`;
  const here = `git -C ${shellWord(root)}`;
  const fetch = `${here} fetch --refetch --no-filter ${shellWord(remote ?? '')}`;
  // Otherwise later pulls are partial again.
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
