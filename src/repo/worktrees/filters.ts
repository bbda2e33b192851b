import { listSome } from '../../model/list-some.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { Repository } from '../git/repository.ts';
import { listTree } from '../objects/tree.ts';
import { userGit } from '../git/user-git.ts';
import { attributeOf } from './attributes.ts';

/*
 * Files that pass a filter on checkout and commit: encrypted files (git-crypt, transcrypt), LFS, and a project's own. We
 * run no filters: they are foreign programs and may need keys. So a repository is refused if a checkout shows such files
 * differently from what git stores, and no change of such a file lands: it would land unencrypted.
 */

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
  const all = await attributeOf(repository, tree, paths, 'filter');
  return new Map([...all].filter(([, value]) => value !== 'set' && value !== 'unset'));
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
