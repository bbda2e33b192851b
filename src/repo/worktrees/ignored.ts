import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fieldsOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { userRules } from '../git/user-rules.ts';
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

/** What is no part of an agent's work, as rules of git's (bytes as characters). */
export interface IgnoreRules {
  /** The user's own. */
  readonly mine: string;
  /** Those, and paths that set-up added. */
  readonly all: string;
}

export async function ignoreRules(repository: Repository, setUp: readonly string[]): Promise<IgnoreRules> {
  const { everywhere, here } = await userRules(repository, 'ignore');
  const mine = `${everywhere.toString('latin1')}\n${here.toString('latin1')}`;
  const added = setUp.map((file) => `/${file.replace(/[\\[\]*?!# ]/g, '\\$&')}\n`);
  return { mine, all: `${mine}\n${Buffer.from(added.join('')).toString('latin1')}` };
}

/** Writes rules to a file, for git; returns the option that names it. */
export async function writeIgnoreRules(file: string, { all }: IgnoreRules): Promise<readonly [string, string]> {
  await writeFile(file, all, 'latin1');
  return ['-c', `core.excludesFile=${file}`];
}
