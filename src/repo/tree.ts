import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fieldsOf, textOf } from './git.ts';
import { plumb, type Repository } from './repository.ts';

/** One entry of a tree. */
export interface TreeEntry {
  readonly mode: string;
  readonly object: string;
  readonly path: string;
}

/** Answers about objects never change: the last few of each kind are kept. */
class Answers<T> {
  readonly #limit: number;
  readonly #known = new Map<string, Promise<T>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async get(repository: Repository, object: string, ask: () => Promise<T>): Promise<T> {
    if (!/^[0-9a-f]{40}$/.test(object)) return ask(); // a ref or an expression can mean something else tomorrow
    const key = `${repository.gitDir} ${object}`;
    const known = this.#known.get(key);
    if (known) return known;
    const answer = ask();
    this.#known.set(key, answer);
    answer.catch(() => this.#known.delete(key));
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > this.#limit && oldest !== undefined) this.#known.delete(oldest);
    return answer;
  }
}

const treesOfCommits = new Answers<string>(1000);
const listings = new Answers<readonly TreeEntry[]>(8);

/** The tree of a commit. */
export async function treeOf(repository: Repository, commit: string): Promise<string> {
  return treesOfCommits.get(repository, commit, async () =>
    textOf(await plumb(repository, {}, 'rev-parse', '--verify', `${commit}^{tree}`)),
  );
}

/** All files of a tree, at any depth. */
export async function listTree(repository: Repository, tree: string): Promise<readonly TreeEntry[]> {
  return listings.get(repository, tree, () => readListing(repository, tree));
}

async function readListing(repository: Repository, tree: string): Promise<readonly TreeEntry[]> {
  const fields = fieldsOf(await plumb(repository, {}, 'ls-tree', '-r', '-z', '--full-tree', tree));
  return fields.map((field) => {
    const tab = field.indexOf('\t');
    const [mode = '', , object = ''] = field.slice(0, tab).split(' ');
    return { mode, object, path: field.slice(tab + 1) };
  });
}

/** The bytes of one file in a tree; null when it is not there. */
export async function readTreeFile(repository: Repository, tree: string, file: string): Promise<Buffer | null> {
  const result = await plumb(repository, { allow: [128] }, 'cat-file', 'blob', `${tree}:${file}`);
  return result.exitCode === 0 ? result.stdout : null;
}

/** The bytes of an object. */
export async function readBlob(repository: Repository, object: string): Promise<Buffer> {
  return (await plumb(repository, {}, 'cat-file', 'blob', object)).stdout;
}

/** One changed path between two trees. */
export interface Change {
  readonly path: string;
  readonly before: { readonly mode: string; readonly object: string } | null;
  readonly after: { readonly mode: string; readonly object: string } | null;
}

/** What differs between two trees, path by path; renames are an addition and a deletion. */
export async function changedPaths(repository: Repository, before: string, after: string): Promise<Change[]> {
  const fields = fieldsOf(await plumb(repository, {}, 'diff-tree', '-r', '-z', '--no-renames', before, after));
  const changes: Change[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [oldMode = '', newMode = '', oldObject = '', newObject = ''] = (fields[i] ?? '').slice(1).split(' ');
    changes.push({
      path: fields[i + 1] ?? '',
      before: oldMode === '000000' ? null : { mode: oldMode, object: oldObject },
      after: newMode === '000000' ? null : { mode: newMode, object: newObject },
    });
  }
  return changes;
}

/** Lines added and removed between two trees; binary files count as none. */
export async function lineCounts(
  repository: Repository,
  before: string,
  after: string,
): Promise<{ readonly added: number; readonly removed: number }> {
  const fields = fieldsOf(
    await plumb(repository, {}, 'diff-tree', '-r', '-z', '--no-renames', '--numstat', before, after),
  );
  let added = 0;
  let removed = 0;
  for (const field of fields) {
    const [plus, minus] = field.split('\t');
    added += Number(plus) || 0;
    removed += Number(minus) || 0;
  }
  return { added, removed };
}

/** The change between two trees as a patch for people and reviewers, at most `maxBytes` long. */
export async function diffText(
  repository: Repository,
  before: string,
  after: string,
  maxBytes = 400_000,
): Promise<string> {
  const text = (
    await plumb(
      repository,
      {},
      'diff-tree',
      '-r',
      '-p',
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '-M',
      before,
      after,
    )
  ).stdout;
  return text.length <= maxBytes
    ? text.toString('utf8')
    : `${text.subarray(0, maxBytes).toString('utf8')}\n[… ${text.length - maxBytes} more bytes …]\n`;
}

/** Stores bytes as an object; returns its name. */
export async function writeBlob(repository: Repository, bytes: Uint8Array): Promise<string> {
  return textOf(await plumb(repository, { input: bytes }, 'hash-object', '-w', '--stdin'));
}

/** A change to apply to a tree: an object at a path, or (null) nothing there. */
export interface Edit {
  readonly path: string;
  readonly entry: { readonly mode: string; readonly object: string } | null;
}

/** The tree with some paths replaced; nothing is checked out. */
export async function editTree(repository: Repository, tree: string, edits: readonly Edit[]): Promise<string> {
  if (edits.length === 0) return tree;
  return withIndex(repository, async (env) => {
    await plumb(repository, { env }, 'read-tree', tree);
    // Deletions first: a file may take the place of a folder.
    const gone = edits.filter((edit) => edit.entry === null).map((edit) => `0 ${'0'.repeat(40)}\t${edit.path}\0`);
    const set = edits.flatMap((edit) =>
      edit.entry === null ? [] : [`${edit.entry.mode} ${edit.entry.object}\t${edit.path}\0`],
    );
    await plumb(repository, { env, input: [...gone, ...set].join('') }, 'update-index', '-z', '--index-info');
    return textOf(await plumb(repository, { env }, 'write-tree'));
  });
}

/** Gives `action` an index file of its own, and removes it afterwards. */
export async function withIndex<T>(
  repository: Repository,
  action: (env: { readonly GIT_INDEX_FILE: string }) => Promise<T>,
): Promise<T> {
  const folder = path.join(repository.plumbing, 'indexes');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, randomBytes(8).toString('hex'));
  try {
    return await action({ GIT_INDEX_FILE: file });
  } finally {
    await rm(file, { force: true });
    await rm(`${file}.lock`, { force: true });
  }
}

/** A commit of `tree`; with the repository's identity. */
export async function commitTree(
  repository: Repository,
  options: { readonly tree: string; readonly parents: readonly string[]; readonly message: string },
): Promise<string> {
  const { name, email } = repository.identity;
  const env = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
  const parents = options.parents.flatMap((parent) => ['-p', parent]);
  return textOf(
    await plumb(repository, { env, input: options.message }, 'commit-tree', options.tree, ...parents, '-F', '-'),
  );
}

/** The entry at one path of a tree; null when nothing is there. */
export async function entryAt(repository: Repository, tree: string, path: string): Promise<TreeEntry | null> {
  const [field] = fieldsOf(await plumb(repository, {}, 'ls-tree', '-z', '--full-tree', tree, '--', path));
  if (field === undefined) return null;
  const [mode = '', , object = ''] = field.slice(0, field.indexOf('\t')).split(' ');
  return { mode, object, path };
}
