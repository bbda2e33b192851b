import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Answers } from '../objects/answers.ts';
import { checkoutGitDir, endsLinesWithCrlf } from '../git/checkout-settings.ts';
import { fieldsOf, textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import {
  changedPaths,
  type Edit,
  editTree,
  listTree,
  ownTree,
  readFiles,
  type TreeEntry,
  withFolder,
  withIndex,
} from '../objects/tree.ts';

/*
 * A checkout may show other bytes than git stores: line ends, encodings and `$Id$` follow the tree's attributes and the
 * user's settings. The bytes that a checkout shows are a tree, too. Workspaces are made from that tree and compared with
 * it, byte by byte; only changed files are converted back, as `git add` would do. Git does both conversions, in our git
 * dir without filters, on copies: nothing of it happens in an agent's folder.
 */

/** State per repository, so that a tree costs by its difference from the last one. */
interface Known {
  rules: { readonly tree: string; readonly entries: readonly TreeEntry[] } | null;
  /** For each state of the attributes, the last tree and what a checkout shows of it. */
  readonly shown: Map<string, { readonly tree: string; readonly shown: string }>;
}

const known = new WeakMap<Repository, Known>();
const shownTrees = new Answers<string>(1000);
/** Attribute states that are remembered. */
const maxRules = 8;
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

function knownOf(repository: Repository): Known {
  const found = known.get(repository) ?? { rules: null, shown: new Map() };
  known.set(repository, found);
  return found;
}

/** True for an attributes file. */
export function isRules(file: string): boolean {
  return /(?:^|\/)\.gitattributes$/.test(file);
}

/** False for a name that is not UTF-8, which we cannot pass to git. */
function isNamed(file: string): boolean {
  return !file.includes('\uFFFD');
}

/** The tree of the bytes that a checkout shows; the tree itself if they are what git stores. */
export async function shownTree(repository: Repository, tree: string): Promise<string> {
  return shownTrees.get(repository, [tree], async () => show(repository, tree), repository.checkout.digest);
}

async function show(repository: Repository, tree: string): Promise<string> {
  const { shown: states } = knownOf(repository);
  const rules = await rulesOf(repository, tree);
  if (!(await isShownOtherwise(repository, tree, rules))) return tree;
  const state = JSON.stringify(rules);
  const last = states.get(state);
  const changes = last ? await changedPaths(repository, last.tree, tree) : [];
  const isNear = last !== undefined && changes.every((change) => isNamed(change.path));
  const entries = isNear
    ? changes.flatMap(({ path: file, after }) => (after ? [{ path: file, ...after }] : []))
    : await listTree(repository, tree);
  const objects = await showFiles(repository, rules, entries.filter(isPlain));
  const edits: Edit[] = isNear
    ? changes.map(({ path: file, after }) => ({ path: file, entry: after && withObject(after, objects.get(file)) }))
    : entries.flatMap((entry) => {
        const object = objects.get(entry.path);
        return object === undefined ? [] : [{ path: entry.path, entry: { mode: entry.mode, object } }];
      });
  const shown = await editTree(repository, isNear ? last.shown : tree, edits);
  await ownTree(repository, tree, shown);
  states.delete(state);
  states.set(state, { tree, shown });
  const [oldest] = states.keys();
  if (states.size > maxRules && oldest !== undefined) states.delete(oldest);
  return shown;
}

function isPlain({ mode, path: file }: TreeEntry): boolean {
  return mode.startsWith('100') && isNamed(file);
}

function withObject(
  entry: { readonly mode: string; readonly object: string },
  object: string | undefined,
): NonNullable<Edit['entry']> {
  return { mode: entry.mode, object: object ?? entry.object };
}

/** The attributes files of a tree. */
async function rulesOf(repository: Repository, tree: string): Promise<readonly TreeEntry[]> {
  const state = knownOf(repository);
  const last = state.rules;
  if (last !== null) {
    const changes = await changedPaths(repository, last.tree, tree);
    if (!changes.some(({ path: file }) => isRules(file))) return last.entries;
  }
  const entries = (await listTree(repository, tree)).filter((entry) => isRules(entry.path) && isPlain(entry));
  state.rules = { tree, entries };
  return entries;
}

async function textsOf(repository: Repository, tree: string, rules: readonly TreeEntry[]): Promise<readonly Buffer[]> {
  const { everywhere, here } = repository.checkout;
  const texts = await readFiles(
    repository,
    tree,
    rules.map((entry) => entry.path),
  );
  return [everywhere, here, ...[...texts.values()].filter((text) => text !== null)];
}

const wordsOfBoth = ['eol', 'crlf', 'ident', 'working-tree-encoding'];

/** False if no attribute could make a checkout show other bytes than git stores. */
async function isShownOtherwise(repository: Repository, tree: string, rules: readonly TreeEntry[]): Promise<boolean> {
  if (repository.checkout.autocrlf === 'true') return true;
  const words = endsLinesWithCrlf(repository.checkout) ? [...wordsOfBoth, 'text'] : wordsOfBoth;
  return (await textsOf(repository, tree, rules)).some((text) => words.some((word) => text.includes(word)));
}

/** False if no attribute could make git store other bytes than a working tree has. */
async function isKeptOtherwise(repository: Repository, tree: string, rules: readonly TreeEntry[]): Promise<boolean> {
  if (repository.checkout.autocrlf !== 'false') return true;
  const words = [...wordsOfBoth, 'text'];
  return (await textsOf(repository, tree, rules)).some((text) => words.some((word) => text.includes(word)));
}

/** What a checkout shows of some files: objects by path, of those that may differ. */
async function showFiles(
  repository: Repository,
  rules: readonly TreeEntry[],
  files: readonly TreeEntry[],
): Promise<ReadonlyMap<string, string>> {
  const affected = await affectedFiles(repository, rules, files);
  if (affected.length === 0) return new Map();
  const { gitDir, flags } = await checkoutGitDir(repository);
  const tree = await treeOfEntries(repository, [...rules, ...affected]);
  return withFolder(repository, async (folder) => {
    // Attributes come from the index, so git's working tree is empty, and files are written beside it.
    const [nowhere, files] = [path.join(folder, 'nowhere'), path.join(folder, 'files')];
    for (const each of [nowhere, files]) await mkdir(each);
    await withIndex(repository, async (env) => {
      await plumb(repository, { env }, 'read-tree', tree);
      await plumb(
        repository,
        { env: { ...env, GIT_DIR: gitDir }, input: listOf(affected) },
        ...[...flags, '--work-tree', nowhere, 'checkout-index', '-z', '--stdin', `--prefix=${files}/`],
      );
    });
    const shown = await withIndex(repository, async (env) => {
      await plumb(repository, { env }, '--work-tree', files, 'add', '--all', '--force', '--', ':/');
      return textOf(await plumb(repository, { env }, 'write-tree'));
    });
    return new Map((await listTree(repository, shown)).map((entry) => [entry.path, entry.object]));
  });
}

/** The files of which a checkout may show other bytes than git stores, by their attributes. */
async function affectedFiles(
  repository: Repository,
  rules: readonly TreeEntry[],
  files: readonly TreeEntry[],
): Promise<readonly TreeEntry[]> {
  if (files.length === 0) return [];
  const { gitDir, flags } = await checkoutGitDir(repository);
  const tree = await treeOfEntries(repository, rules);
  const told = await withIndex(repository, async (env) => {
    await plumb(repository, { env }, 'read-tree', tree);
    return plumb(
      repository,
      { env: { ...env, GIT_DIR: gitDir }, input: listOf(files) },
      ...[...flags, 'check-attr', '--cached', '-z', '--stdin', ...attributes],
    );
  });
  const fields = fieldsOf(told);
  return files.filter((_entry, index) => {
    const at = index * attributes.length * 3;
    const [text = '', crlf = '', eol = '', ident = '', encoding = ''] = attributes.map(
      (_name, nth) => fields[at + nth * 3 + 2] ?? '',
    );
    if (!['unspecified', 'unset', ''].includes(encoding) || ident === 'set') return true;
    const isText = text === 'unspecified' ? crlf : text;
    if (isText === 'unset' || isText === 'input' || eol === 'lf') return false;
    if (eol === 'crlf') return true;
    return isText === 'unspecified' ? repository.checkout.autocrlf === 'true' : endsLinesWithCrlf(repository.checkout);
  });
}

const attributes = ['text', 'crlf', 'eol', 'ident', 'working-tree-encoding'];

/**
 * Why the work's attributes files must not land; null if they may. An encoding that is new to the repository must be a
 * Unicode one: decoding others runs much code on an agent's bytes.
 */
export async function whyNoRules(repository: Repository, before: string, after: string): Promise<NotKept | null> {
  const encodingsIn = async (tree: string): Promise<readonly (readonly [file: string, name: string])[]> => {
    const rules = await rulesOf(repository, tree);
    const texts = await readFiles(
      repository,
      tree,
      rules.map((entry) => entry.path),
    );
    return [...texts].flatMap(([file, bytes]) =>
      [...(bytes?.toString('latin1') ?? '').matchAll(/working-tree-encoding(?:=(\S*))?/g)].map(
        ([, name = '']) => [file, name] as const,
      ),
    );
  };
  const old = new Set((await encodingsIn(before)).map(([, name]) => name));
  for (const [file, name] of await encodingsIn(after))
    if (!old.has(name) && !/^UTF-?(?:8|16|32)(?:LE|BE)?(?:-BOM)?$/i.test(name))
      return { path: file, why: `it names the encoding "${name}", which is new to the repository` };
  return null;
}

/** A path that cannot be stored, and why. */
export interface NotKept {
  readonly path: string;
  readonly why: string;
}

/**
 * Stores files as written in a working tree of `tree`, as `git add` would. A file stored with CRLF keeps it where git
 * leaves it alone. Attributes are those of `tree`, which must contain the changed attributes files.
 */
export async function keepFiles(
  repository: Repository,
  tree: string,
  written: readonly TreeEntry[],
): Promise<string | NotKept> {
  if (!(await isKeptOtherwise(repository, tree, await rulesOf(repository, tree))))
    return editTree(
      repository,
      tree,
      written.map(({ path: file, ...entry }) => ({ path: file, entry })),
    );
  const odd = written.find((entry) => !isPlain(entry));
  if (odd) return { path: odd.path, why: 'its name is not UTF-8' };
  const { gitDir, flags } = await checkoutGitDir(repository);
  const raw = await treeOfEntries(repository, written);
  return withFolder(repository, async (folder) => {
    await withIndex(repository, async (env) => {
      await plumb(repository, { env }, 'read-tree', raw);
      await plumb(repository, { env }, '--work-tree', folder, 'checkout-index', '--all', '--force');
    });
    const kept = await withIndex(repository, async (env) => {
      await plumb(repository, { env }, 'read-tree', tree);
      const added = await plumb(
        repository,
        { env: { ...env, GIT_DIR: gitDir }, input: listOf(written), allow: [128] },
        ...[...flags, '--work-tree', folder, 'update-index', '-z', '--add', '--replace', '--stdin'],
      );
      return added.exitCode === 0 ? textOf(await plumb(repository, { env }, 'write-tree')) : notKept(added.stderr);
    });
    if (typeof kept === 'string') await ownTree(repository, tree, kept);
    return kept;
  });
}

function notKept(stderr: string): NotKept {
  const told =
    /^fatal: (?:failed to encode|BOM is (?:prohibited|required) in|encoding) '([^]*?)' (?:from|if encoded as) (\S+)/m;
  const [, file, encoding] = told.exec(stderr) ?? [];
  if (file === undefined || encoding === undefined)
    throw new Error(`git could not take in what was written: ${stderr.slice(0, 1000)}`);
  return { path: file, why: `it is not valid ${encoding}, its working-tree-encoding in .gitattributes` };
}

/** A tree of just these files. */
async function treeOfEntries(repository: Repository, entries: readonly TreeEntry[]): Promise<string> {
  return editTree(
    repository,
    emptyTree,
    entries.map(({ path: file, mode, object }) => ({ path: file, entry: { mode, object } })),
  );
}

function listOf(files: readonly TreeEntry[]): string {
  return files.map((entry) => `${entry.path}\0`).join('');
}
