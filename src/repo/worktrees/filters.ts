import { listSome } from '../../model/list-some.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { Answers } from '../objects/answers.ts';
import { fieldsOf, git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { listTree, readTreeFile, withFolder } from '../objects/tree.ts';
import { userGit } from '../git/user-git.ts';
import { userRules } from '../git/user-rules.ts';

/*
 * Files that pass a filter on checkout and commit: encrypted files (git-crypt, transcrypt), LFS, and a project's own. We
 * run no filters: they are foreign programs and may need keys. So a repository is refused if a checkout shows such files
 * differently from what git stores, and no change of such a file lands: it would land unencrypted.
 */

const answers = new Answers<ReadonlyMap<string, string>>(8);

/** Throws an `InputError` if a checkout shows files of HEAD differently from what git stores. */
export async function refuseFilters(repository: Repository): Promise<void> {
  const files = (await listTree(repository, repository.head)).map((entry) => entry.path);
  const found = await filtersOf(repository, repository.head, files);
  for (const filter of new Set(found.values())) {
    if (!(await changesWhatIsShown(repository, filter))) continue;
    const filtered = files.filter((file) => found.get(file) === filter);
    if (filter === 'lfs')
      throw inputError(
        'lfs',
        `this repository keeps files in Git LFS (${listSome(filtered, 1)}), which is not supported yet`,
        'Name a repository without LFS under "target".',
      );
    throw inputError(
      'filter',
      `${listSome(filtered, 1)} ${filtered.length === 1 ? 'passes' : 'pass'} the filter "${filter}": a checkout shows another text than git stores. Filters are not run here, so an agent's changes would land unfiltered`,
      'Name a repository without such files under "target", or move them to a repository of their own.',
    );
  }
}

/** The filters of those paths that have one, by the attributes of a tree or commit and of the user. */
export async function filtersOf(
  repository: Repository,
  tree: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  const ask = async (): Promise<ReadonlyMap<string, string>> => askGit(repository, tree, paths);
  return answers.get(repository, [tree], ask, paths.join('\0'));
}

/** False for a smudge filter that changes nothing: it is not set up here, or it copies. */
async function changesWhatIsShown(repository: Repository, filter: string): Promise<boolean> {
  if (filter === 'lfs' || filter.startsWith('git-crypt')) return true; // even if this clone never set it up
  const { text } = await userGit(repository, 'config', '--get-regexp', String.raw`^filter\..*\.(smudge|process)$`);
  return (text ?? '').split('\n').some((line) => {
    const [, name, command = ''] = /^filter\.(.*)\.(?:smudge|process) ?(.*)$/.exec(line) ?? [];
    return name === filter && !/^\s*(?:cat\s*(?:--?\s*)?)?$/.test(command);
  });
}

async function askGit(
  repository: Repository,
  tree: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const listed = await listTree(repository, tree);
  const files = listed.filter(
    ({ path: file, mode }) => /(?:^|\/)\.gitattributes$/.test(file) && mode.startsWith('100'),
  );
  const rules: [string, Buffer][] = [];
  for (const { path: file } of files)
    rules.push([file, (await readTreeFile(repository, tree, file)) ?? Buffer.alloc(0)]);
  const { everywhere, here } = await userRules(repository, 'attributes');
  const texts = [everywhere, here, ...rules.map(([, bytes]) => bytes)];
  if (!texts.some((bytes) => bytes.includes('filter'))) return new Map();
  // A separate git dir, since our usual one overrides all attributes.
  return withFolder(repository, async (folder) => {
    const gitDir = path.join(folder, '.git');
    for (const name of ['objects', 'refs', 'info']) await mkdir(path.join(gitDir, name), { recursive: true });
    await writeFile(path.join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
    await writeFile(path.join(gitDir, 'info', 'attributes'), here);
    await writeFile(path.join(gitDir, 'global'), everywhere);
    for (const [file, bytes] of rules) {
      await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
      await writeFile(path.join(folder, file), bytes);
    }
    const told = await git(
      { cwd: folder, env: { GIT_DIR: gitDir, GIT_WORK_TREE: folder }, input: `${paths.join('\0')}\0` },
      ...['-c', `core.attributesFile=${path.join(gitDir, 'global')}`, 'check-attr', '-z', '--stdin', 'filter'],
    );
    const found = new Map<string, string>();
    const fields = fieldsOf(told);
    for (let at = 0; at + 2 < fields.length; at += 3) {
      const [file = '', , value = ''] = fields.slice(at, at + 3);
      if (!['unspecified', 'unset', 'set'].includes(value)) found.set(file, value);
    }
    return found;
  });
}
