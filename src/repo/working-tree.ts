import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import { GitError, quoted, recordOf, textOf, wrongFirst, wrongIn } from './git.ts';
import { deliver } from './own-objects.ts';
import type { Repository } from './repository.ts';
import { shownTree } from './shown.ts';
import { type Change, type Edit, entryAt } from './tree.ts';
import { asUser } from './user-git.ts';

/*
 * The user's own working tree, index and branch: `backlog merge` alone changes them, and only as far as nothing of the
 * user's is in the way.
 */

/** The branch that is checked out; null for a detached HEAD. */
export async function currentBranch({ root }: Pick<Repository, 'root'>): Promise<string | null> {
  const result = await asUser(root, {}, 'symbolic-ref', '--quiet', 'HEAD');
  return result.exitCode === 0 ? textOf(result).replace(/^refs\/heads\//, '') : null;
}

/**
 * How a path that is to change looks: as HEAD has it (`clean`), as it is to become (`new`), or in the way: changed in the
 * working tree, staged, not tracked (also where git ignores it), or in conflict.
 */
export type Look = 'clean' | 'new' | 'changed' | 'staged' | 'untracked' | 'unmerged';

/**
 * Looks at each of the paths that are to change from one tree to another. Contents are compared, so that nothing depends
 * on what git remembers.
 */
export async function lookAt(
  repository: Repository,
  changes: readonly Change[],
  [from, to]: readonly [from: string, to: string],
): Promise<ReadonlyMap<string, Look>> {
  const { root } = repository;
  const index = await readIndex(root);
  const contents = new Map(await hashFiles(root, changes));
  // A file that git keeps against its own rules (CRLF, say) would be added otherwise, though nobody touched it.
  const others = changes.filter(({ path: file, before, after }) => {
    const now = contents.get(file);
    const isPlain = look(root, file)?.isFile() === true;
    return isPlain && now !== undefined && now !== before?.object && now !== after?.object;
  });
  const bytes = await blobsOf(
    root,
    others.map((change) => change.path),
    ['--no-filters'],
  );
  const shown = await Promise.all([from, to].map(async (tree) => shownTree(repository, tree)));
  for (const [at, { path: file, before, after }] of others.entries())
    for (const [which, entry] of [before, after].entries())
      if (entry && (await entryAt(repository, shown[which] ?? '', file))?.object === bytes[at])
        contents.set(file, entry.object);
  const leaving = new Set(changes.filter(({ after }) => after === null).map((change) => change.path));
  const lookOf = ({ path: file, before, after }: Change): Look => {
    const entry = index.get(file);
    const [was, is, staged] = [before?.object ?? null, after?.object ?? null, entry?.object ?? null];
    if (entry?.isUnmerged === true) return 'unmerged';
    if (staged !== was && staged !== is) return 'staged';
    if (after !== null && isBlocked(root, file, leaving)) return 'untracked';
    const now = contents.get(file) ?? null;
    if (now === is) return 'new';
    if (now === was || (now === null && entry?.isLeftOut === true)) return staged === was ? 'clean' : 'staged';
    return before === null ? 'untracked' : 'changed';
  };
  return new Map(changes.map((change) => [change.path, lookOf(change)]));
}

interface IndexEntry {
  readonly object: string | null;
  readonly isUnmerged: boolean;
  /** Not in the working tree on purpose (a sparse checkout). */
  readonly isLeftOut: boolean;
}

async function readIndex(root: string): Promise<ReadonlyMap<string, IndexEntry>> {
  const result = await asUser(root, {}, 'ls-files', '--stage', '-t', '-z', '--full-name', ':/');
  if (result.exitCode !== 0) throw new GitError(['ls-files'], result.stderr, root);
  const entries = new Map<string, IndexEntry>();
  for (const line of result.stdout.toString('utf8').split('\0')) {
    const { about, path: file } = recordOf(line);
    if (file === '') continue;
    const [tag, , object = null, stage] = about.split(' ');
    entries.set(file, { object, isUnmerged: stage !== '0', isLeftOut: tag === 'S' });
  }
  return entries;
}

/** Git's names of what is at the paths, as it would be added. */
async function hashFiles(root: string, changes: readonly Change[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const files: string[] = [];
  for (const { path: file } of changes) {
    const stat = look(root, file);
    if (stat?.isSymbolicLink() === true) found.set(file, blobName(readlinkSync(path.join(root, file), 'buffer')));
    else if (stat?.isFile() === true) files.push(file);
    else if (stat !== null && !stat.isDirectory()) found.set(file, 'something else');
  }
  const names = await blobsOf(root, files, []);
  for (const [index, file] of files.entries()) found.set(file, names[index] ?? '');
  return found;
}

/** Git's names of some plain files. */
async function blobsOf(root: string, files: readonly string[], flags: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const order = ['hash-object', '--stdin-paths', ...flags];
  const result = await asUser(root, { input: files.map((file) => `${quoted(file)}\n`).join('') }, ...order);
  if (result.exitCode !== 0)
    throw inputError('git-refuses', `git cannot read the working tree: ${result.stderr.trim()}`, 'See "git status".');
  return textOf(result).split('\n');
}

/** What is at a path itself; null when nothing is, or a link leads there. */
function look(root: string, file: string): Stats | null {
  try {
    return lstatSync(path.join(root, file), { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}

function blobName(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** True when something stands where a folder above the path has to be, or in a folder that the path takes the place of. */
function isBlocked(root: string, file: string, leaving: ReadonlySet<string>): boolean {
  const names = file.split('/');
  for (let depth = 1; depth < names.length; depth++) {
    const above = names.slice(0, depth).join('/');
    const stat = look(root, above);
    if (stat === null) return false;
    if (!stat.isDirectory()) return !leaving.has(above);
  }
  if (look(root, file)?.isDirectory() !== true) return false;
  return readdirSync(path.join(root, file), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .some((entry) => !leaving.has(path.relative(root, path.join(entry.parentPath, entry.name))));
}

/**
 * Moves the checked-out branch forward to a commit, with the index and the working tree, as `git merge --ff-only` does:
 * git looks once more that nothing is lost. `staged` are entries of the commit that are put into the index first: git then
 * leaves their files as they are. Throws an `InputError` with what git says when it refuses; then nothing has changed.
 */
export async function goForward(
  repository: Repository,
  commit: string,
  options: { readonly staged: readonly Change[]; readonly action: string },
): Promise<void> {
  const { root } = repository;
  await deliver(repository, [commit]);
  await stage(
    root,
    options.staged.map(({ path: file, after }) => ({ path: file, entry: after })),
  );
  const flags = ['--ff-only', '--no-squash', '--commit', '--no-autostash', '--no-verify-signatures'];
  const result = await asUser(
    root,
    { env: { GIT_REFLOG_ACTION: options.action, GIT_MERGE_AUTOEDIT: 'no' } },
    ...['-c', 'advice.diverging=false', 'merge', '--quiet', '--no-stat', '--no-overwrite-ignore', ...flags, commit],
  );
  if (result.exitCode === 0) return;
  await stage(
    root,
    options.staged.map(({ path: file, before }) => ({ path: file, entry: before })),
  );
  throw inputError(
    'git-refuses',
    `git refuses: ${whatGitSays(result.stderr) || textOf(result) || 'it was ended, and says nothing'}`,
    'Nothing was changed. Do what it asks for, and run the same command again.',
  );
}

/** Without hints, which speak of git's own settings. */
function whatGitSays(stderr: string): string {
  return wrongFirst(stderr)
    .split('\n')
    .filter((line) => !line.startsWith('hint:'))
    .join('\n')
    .replace(/^(?:error|fatal): /, '');
}

async function stage(root: string, entries: readonly Edit[]): Promise<void> {
  if (entries.length === 0) return;
  const lines = entries.map(({ path: file, entry }) =>
    entry === null ? `0 ${'0'.repeat(40)} 0\t${file}\0` : `${entry.mode} ${entry.object} 0\t${file}\0`,
  );
  const result = await asUser(root, { input: lines.join('') }, 'update-index', '-z', '--index-info');
  if (result.exitCode !== 0)
    throw inputError(
      'git-refuses',
      `git cannot write its index: ${wrongIn(result.stderr)}`,
      'If no git is at work there, one was killed: remove the lock that it names, and run again.',
    );
}

/**
 * Files that are in the working tree otherwise than in HEAD: not in HEAD at all (what git ignores aside), or with other
 * contents. None where git cannot tell.
 */
export async function uncommittedFiles({
  root,
}: Pick<Repository, 'root'>): Promise<ReadonlyMap<string, 'new' | 'changed'>> {
  const order = ['status', '--porcelain', '-z', '--untracked-files=all', '--no-renames', '--ignore-submodules=all'];
  const result = await asUser(root, {}, ...order);
  const found = new Map<string, 'new' | 'changed'>();
  for (const line of result.exitCode === 0 ? result.stdout.toString('utf8').split('\0') : []) {
    const [state, file] = [line.slice(0, 2), line.slice(3)];
    if (file !== '' && !state.includes('D')) found.set(file, /[?A]/.test(state) ? 'new' : 'changed');
  }
  return found;
}
