import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fieldsOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { listTree, readTreeFile, withFolder } from '../objects/tree.ts';

/** The paths that the `.gitignore` files of a tree, or further rules (bytes as characters), ignore. */
export async function ignoredBy(
  repository: Repository,
  tree: string,
  paths: readonly string[],
  more: string,
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const rules = (await listTree(repository, tree)).filter(
    (entry) => path.posix.basename(entry.path) === '.gitignore' && entry.mode.startsWith('100'),
  );
  return withFolder(repository, async (outer) => {
    const folder = path.join(outer, 'rules');
    await mkdir(folder);
    await writeFile(path.join(outer, 'more'), more, 'latin1');
    for (const { path: file } of rules) {
      await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
      await writeFile(path.join(folder, file), (await readTreeFile(repository, tree, file)) ?? '');
    }
    const found = await plumb(
      repository,
      { env: { GIT_INDEX_FILE: path.join(folder, '.index') }, input: `${paths.join('\0')}\0`, allow: [1] },
      ...['-c', `core.excludesFile=${path.join(outer, 'more')}`, '--work-tree', folder],
      ...['check-ignore', '--no-index', '-z', '--stdin'],
    );
    return new Set(fieldsOf(found));
  });
}
