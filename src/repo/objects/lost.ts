import { GitError } from '../git/git.ts';
import { objectReader } from './object-reader.ts';
import { entriesByName, readFolders, splitPath } from './objects.ts';
import type { Repository } from '../git/repository.ts';

/*
 * Git answers "missing" for a path that a tree does not have, and for one whose object is lost. What is lost must not
 * pass for what never was: a unit that landed would be done again, and a folder be written without its files.
 */

/** Throws a `GitError` where a tree, or the tree of a commit, has one of some files that git did not find. */
export async function requireAbsent(repository: Repository, commit: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const [tree] = await objectReader(repository).ask([`${commit}^{tree}`], false);
  if (!tree) return; // it is not there itself
  const byFolder = Map.groupBy(files, (file) => splitPath(file)[0]);
  const folders = await readFolders(repository, tree.info.name, [...byFolder.keys()]);
  for (const [folder, here] of byFolder) {
    const entries = entriesByName(folders.get(folder) ?? Buffer.alloc(0));
    for (const file of here) {
      const entry = entries.get(splitPath(file)[1]);
      if (entry && entry.mode !== '160000')
        throw new GitError(['cat-file'], `the object ${entry.object} (${file}) is lost`, repository.gitDir);
    }
  }
}
