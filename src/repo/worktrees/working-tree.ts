import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { GitError, quoted, recordOf, textOf, wrongFirst, wrongIn } from '../git/git.ts';
import { objectName } from '../objects/objects.ts';
import { deliver } from '../objects/own-objects.ts';
import type { Repository } from '../git/repository.ts';
import { shownTree } from './shown.ts';
import { type Change, type Edit, entryAt } from '../objects/tree.ts';
import { asUser, type UserPlace } from '../git/user-git.ts';

/*
 * The user's own working tree, index and branch. Only `backlog merge` changes them, and never overwrites the user's
 * changes.
 */

/** The branch that is checked out; null for a detached HEAD. */
export async function currentBranch(place: UserPlace): Promise<string | null> {
  const result = await asUser(place, {}, 'symbolic-ref', '--quiet', 'HEAD');
  return result.exitCode === 0 ? textOf(result).replace(/^refs\/heads\//, '') : null;
}

/**
 * State of a path that is about to change: as in HEAD (`clean`), already as it will be (`new`), or in the way: changed in
 * the working tree, staged, untracked (also if ignored), or in conflict.
 */
export type Look = 'clean' | 'new' | 'changed' | 'staged' | 'untracked' | 'unmerged';

/** The state of each path that changes between two trees, by its content rather than git's cached file information. */
export async function lookAt(
  repository: Repository,
  changes: readonly Change[],
  [from, to]: readonly [from: string, to: string],
): Promise<ReadonlyMap<string, Look>> {
  const { root } = repository;
  const index = await readIndex(repository);
  const contents = new Map(await hashFiles(repository, changes));
  // A file stored against its own rules (with CRLF, say) would be added differently although nobody changed it.
  const others = changes.filter(({ path: file, before, after }) => {
    const now = contents.get(file);
    const isPlain = look(root, file)?.isFile() === true;
    return isPlain && now !== undefined && now !== before?.object && now !== after?.object;
  });
  const bytes = await blobsOf(
    repository,
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
  /** Left out of the working tree by a sparse checkout. */
  readonly isLeftOut: boolean;
}

async function readIndex(place: UserPlace): Promise<ReadonlyMap<string, IndexEntry>> {
  const result = await asUser(place, {}, 'ls-files', '--stage', '-t', '-z', '--full-name', ':/');
  if (result.exitCode !== 0) throw new GitError(['ls-files'], result.stderr, place.root);
  const entries = new Map<string, IndexEntry>();
  for (const line of result.stdout.toString('utf8').split('\0')) {
    const { about, path: file } = recordOf(line);
    if (file === '') continue;
    const [tag, , object = null, stage] = about.split(' ');
    entries.set(file, { object, isUnmerged: stage !== '0', isLeftOut: tag === 'S' });
  }
  return entries;
}

/** Object names of the contents at the paths, as they would be added. */
async function hashFiles(place: UserPlace, changes: readonly Change[]): Promise<ReadonlyMap<string, string>> {
  const { root } = place;
  const found = new Map<string, string>();
  const files: string[] = [];
  for (const { path: file } of changes) {
    const stat = look(root, file);
    if (stat?.isSymbolicLink() === true)
      found.set(file, objectName('blob', readlinkSync(path.join(root, file), 'buffer')));
    else if (stat?.isFile() === true) files.push(file);
    else if (stat !== null && !stat.isDirectory()) found.set(file, 'something else');
  }
  const names = await blobsOf(place, files, []);
  for (const [index, file] of files.entries()) found.set(file, names[index] ?? '');
  return found;
}

async function blobsOf(
  place: UserPlace,
  files: readonly string[],
  flags: readonly string[],
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const order = ['hash-object', '--stdin-paths', ...flags];
  const result = await asUser(place, { input: files.map((file) => `${quoted(file)}\n`).join('') }, ...order);
  if (result.exitCode !== 0)
    throw inputError('git-refuses', `git cannot read the working tree: ${result.stderr.trim()}`, 'See "git status".');
  return textOf(result).split('\n');
}

/** The file at a path; null if there is none, or a link is on the way. */
function look(root: string, file: string): Stats | null {
  try {
    return lstatSync(path.join(root, file), { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}

/** True if a file is where a folder above the path must be, or an untracked file is in a folder that the path replaces. */
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
 * Moves the checked-out branch forward to a commit, with index and working tree, by `git merge --ff-only`, in which git
 * checks again that nothing is lost. `staged` are entries of the commit that are put into the index first, so that git
 * leaves their files alone. Throws an `InputError` with git's message if it refuses; then nothing has changed.
 */
export async function goForward(
  repository: Repository,
  commit: string,
  options: { readonly staged: readonly Change[]; readonly action: string },
): Promise<void> {
  await deliver(repository, [commit]);
  await stage(
    repository,
    options.staged.map(({ path: file, after }) => ({ path: file, entry: after })),
  );
  const flags = ['--ff-only', '--no-squash', '--commit', '--no-autostash', '--no-verify-signatures'];
  const result = await asUser(
    repository,
    { env: { GIT_REFLOG_ACTION: options.action, GIT_MERGE_AUTOEDIT: 'no' } },
    ...['-c', 'advice.diverging=false', 'merge', '--quiet', '--no-stat', '--no-overwrite-ignore', ...flags, commit],
  );
  if (result.exitCode === 0) return;
  await stage(
    repository,
    options.staged.map(({ path: file, before }) => ({ path: file, entry: before })),
  );
  throw inputError(
    'git-refuses',
    `git refuses: ${whatGitSays(result.stderr) || textOf(result) || 'it was killed without a message'}`,
    'Nothing was changed. Do what it asks for, and run the same command again.',
  );
}

/** Git's error without hints, which are about its own settings. */
function whatGitSays(stderr: string): string {
  return wrongFirst(stderr)
    .split('\n')
    .filter((line) => !line.startsWith('hint:'))
    .join('\n')
    .replace(/^(?:error|fatal): /, '');
}

async function stage(place: UserPlace, entries: readonly Edit[]): Promise<void> {
  if (entries.length === 0) return;
  const lines = entries.map(({ path: file, entry }) =>
    entry === null ? `0 ${'0'.repeat(40)} 0\t${file}\0` : `${entry.mode} ${entry.object} 0\t${file}\0`,
  );
  const result = await asUser(place, { input: lines.join('') }, 'update-index', '-z', '--index-info');
  if (result.exitCode !== 0)
    throw inputError(
      'git-refuses',
      `git cannot write its index: ${wrongIn(result.stderr)}`,
      'If no git process is running there, a killed one left its lock: remove the file that the message names and run again.',
    );
}

/** Files of the working tree that differ from HEAD, or are untracked and not ignored. None if git fails. */
export async function uncommittedFiles(place: UserPlace): Promise<ReadonlyMap<string, 'new' | 'changed'>> {
  const order = ['status', '--porcelain', '-z', '--untracked-files=all', '--no-renames', '--ignore-submodules=all'];
  const result = await asUser(place, {}, ...order);
  const found = new Map<string, 'new' | 'changed'>();
  for (const line of result.exitCode === 0 ? result.stdout.toString('utf8').split('\0') : []) {
    const [state, file] = [line.slice(0, 2), line.slice(3)];
    if (file !== '' && !state.includes('D')) found.set(file, /[?A]/.test(state) ? 'new' : 'changed');
  }
  return found;
}
