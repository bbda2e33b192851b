import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from '../util/folders/remove.ts';
import { textOf } from './git.ts';
import { plumb, type Repository } from './repository.ts';
import { listTree, readTreeFile } from './tree.ts';

/** Which of some new paths are ignored by the `.gitignore` files of a tree, and by more rules (bytes as characters). */
export async function ignoredBy(
  repository: Repository,
  tree: string,
  paths: readonly string[],
  more: string,
): Promise<ReadonlySet<string>> {
  const rules = (await listTree(repository, tree)).filter(
    (entry) => path.posix.basename(entry.path) === '.gitignore' && entry.mode.startsWith('100'),
  );
  if (paths.length === 0) return new Set();
  const folder = path.join(repository.plumbing, 'indexes', `${randomBytes(8).toString('hex')}.rules`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}.more`, more, 'latin1');
    for (const { path: file } of rules) {
      await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
      await writeFile(path.join(folder, file), (await readTreeFile(repository, tree, file)) ?? '');
    }
    const found = await plumb(
      repository,
      { env: { GIT_INDEX_FILE: path.join(folder, '.index') }, input: `${paths.join('\0')}\0`, allow: [1] },
      ...[
        '-c',
        `core.excludesFile=${folder}.more`,
        '--work-tree',
        folder,
        'check-ignore',
        '--no-index',
        '-z',
        '--stdin',
      ],
    );
    return new Set(
      textOf(found)
        .split('\0')
        .filter((file) => file !== ''),
    );
  } finally {
    await removeTree(folder);
    await rm(`${folder}.more`, { force: true });
  }
}
