import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { git } from './git.ts';
import { plumb, type Repository } from './repository.ts';
import { withIndex } from './tree.ts';

/** A private place that holds one tree: a repository of one commit, with no history and no remotes. */
export interface Workspace {
  /** Absolute path of the working tree. */
  readonly path: string;
  /** The tree that it began with. */
  readonly tree: string;
}

/**
 * Lays a tree out in a new folder. The files come from our own index and git dir, so that no filter, line-end rule or
 * hook of the repository has a say, and the folder becomes a repository of its own, for tools that ask git.
 */
export async function openWorkspace(repository: Repository, options: { readonly folder: string; readonly tree: string }): Promise<Workspace> {
  const { folder, tree } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await withIndex(repository, async (env) => {
    await plumb(repository, { env }, 'read-tree', tree);
    await plumb(repository, { env }, '--work-tree', folder, 'checkout-index', '--all', '--force', `--prefix=${folder}/`);
  });
  const identity = { GIT_AUTHOR_NAME: 'backlog', GIT_AUTHOR_EMAIL: 'backlog@localhost', GIT_COMMITTER_NAME: 'backlog', GIT_COMMITTER_EMAIL: 'backlog@localhost' };
  const own = { cwd: folder, env: { GIT_DIR: path.join(folder, '.git'), GIT_WORK_TREE: folder, ...identity } };
  await git({ cwd: folder }, 'init', '--quiet', '--template=', '--initial-branch=work', folder);
  await git(own, '-c', 'core.fsync=none', 'add', '--all', '--force');
  await git(own, '-c', 'core.fsync=none', 'commit', '--quiet', '--allow-empty', '--no-verify', '--message', 'The state of the branch');
  return { path: folder, tree };
}

export async function closeWorkspace(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
}
