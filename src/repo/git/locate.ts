import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';

/*
 * Finds a folder's repository from its files, as git does, without a process. Only a `.git` counts, which no clone and no
 * checkout can write; a folder laid out as a bare repository does not.
 */

/** The folders of a repository. */
export interface Located {
  /** Absolute path of the working tree's root. */
  readonly root: string;
  /** Absolute path of this working tree's git dir, and of the common one, with links resolved. */
  readonly gitDir: string;
  readonly commonDir: string;
}

/** The repository that contains a folder (absolute, links resolved); null if none. Throws an `InputError` for odd layouts. */
export function locate(folder: string): Located | null {
  for (let root = folder; ; root = path.dirname(root)) {
    const gitDir = gitDirAt(root);
    if (gitDir !== null) return located(root, gitDir);
    if (path.dirname(root) === root) return null;
  }
}

function gitDirAt(root: string): string | null {
  try {
    return readGitDirAt(root);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw odd(`${path.join(root, '.git')} cannot be read (${code})`, 'See "git status" there.');
  }
}

function readGitDirAt(root: string): string | null {
  const dot = path.join(root, '.git');
  const stat = lstatSync(dot, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (stat.isSymbolicLink())
    throw odd(`${dot} is a link, which is not followed`, 'Put a file there that names the folder: "gitdir: <path>".');
  if (stat.isDirectory()) return isGitDir(dot) ? dot : null;
  if (!stat.isFile()) return null;
  const named = /^gitdir: (.*)$/m.exec(readFileSync(dot, 'utf8'))?.[1]?.trim();
  if (named === undefined || named === '') throw odd(`${dot} does not name a git directory`, 'See "git status" there.');
  return path.resolve(root, named);
}

/** A rough test for a git directory; git itself is asked before anything is done there. */
function isGitDir(folder: string): boolean {
  const isLinked = lstatSync(path.join(folder, 'HEAD'), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return (
    (isLinked || existsSync(path.join(folder, 'HEAD'))) &&
    ['objects', 'refs'].every((name) => existsSync(path.join(folder, name)))
  );
}

function located(root: string, named: string): Located {
  const dot = path.join(root, '.git');
  const pointer = path.join(named, 'commondir');
  if (named === dot && existsSync(pointer))
    throw odd(`${dot} takes its objects and configuration from elsewhere (${pointer})`, 'Use a worktree of git.');
  let gitDir: string;
  let commonDir: string;
  try {
    gitDir = realpathSync(named);
    commonDir = existsSync(pointer) ? realpathSync(path.resolve(gitDir, readFileSync(pointer, 'utf8').trim())) : gitDir;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw odd(`${dot} leads to ${named}, which cannot be read (${code})`, 'See "git status" there.');
  }
  for (const folder of [gitDir, commonDir]) {
    if (folder !== dot && folder.startsWith(root + path.sep) && !folder.startsWith(dot + path.sep))
      throw odd(
        `the git directory ${folder} is in the working tree, where a checkout can write`,
        'Move it out of the working tree ("git init --separate-git-dir <path>").',
      );
  }
  return { root, gitDir, commonDir };
}

function odd(what: string, hint: string): Error {
  return inputError('odd-repository', what, hint);
}
