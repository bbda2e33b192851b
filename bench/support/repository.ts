import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openRepository, type Repository } from '../../src/repo/git/repository.ts';
import { treeOf } from '../../src/repo/objects/tree.ts';

/** A repository of `count` small files in a temporary folder, opened as a run opens it. */
export async function makeRepository(count: number): Promise<{
  readonly folder: string;
  readonly repository: Repository;
  readonly tree: string;
  readonly git: (...args: readonly string[]) => string;
  readonly remove: () => void;
}> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
  const root = path.join(folder, 'repo');
  mkdirSync(root);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' };
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  git('init', '--quiet');
  git('config', 'user.name', 'Bench');
  git('config', 'user.email', 'bench@localhost');
  for (let index = 0; index < count; index++) {
    const at = path.join(root, `d${index % 50}`, `e${index % 7}`);
    mkdirSync(at, { recursive: true });
    writeFileSync(path.join(at, `f${index}.txt`), `line ${index}\n`.repeat(40));
  }
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Files');
  git('repack', '-a', '-d', '--quiet'); // as a clone is
  const repository = await openRepository({
    folder: root,
    stateFolder: path.join(folder, 'state'),
    env: process.env,
    identity: null,
  });
  const tree = await treeOf(repository, repository.head);
  return { folder, repository, tree, git, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Milliseconds that something takes. */
export async function timed(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
