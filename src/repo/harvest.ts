import { writeFile } from 'node:fs/promises';
import { makeOpen } from '../util/folders/remove.ts';
import { textOf } from './git.ts';
import { filtersOf } from './filters.ts';
import { ignoredBy } from './ignored.ts';
import { findBadNames, linkLeaves } from './portable-names.ts';
import { eachObject, readObjects, sizesOf } from './objects.ts';
import { plumb, type Repository } from './repository.ts';
import { isRules, keepFiles, type NotKept, shownTree, whyNoRules } from './shown.ts';
import { type Change, changedPaths, commitTree, editTree, listTree, ownTree, withIndex } from './tree.ts';
import { userRules } from './user-rules.ts';

/** Bytes above which a file must not land. */
const maxBlobBytes = 20 * 1024 * 1024;
/** Bytes of all files of a change, above which it must not land: all of it is looked through for secrets, and shown. */
const maxChangeBytes = 200 * 1024 * 1024;

/** A path that must not land, and why. */
export interface Forbidden {
  readonly path: string;
  readonly why: string;
}

/** What an attempt made, taken from outside; or the paths that must not land. */
export type Harvest =
  | { readonly kind: 'tree'; readonly tree: string; readonly commit: string; readonly files: readonly string[] }
  | { readonly kind: 'forbidden'; readonly paths: readonly [Forbidden, ...Forbidden[]] };

/**
 * Reads a workspace as a tree with our own index and git dir; the agent's `.git` is never opened. Files that the base,
 * the user or the agent ignores do not enter, nor does what set-up added. Refused: nested repositories, links that leave, names
 * that cannot be checked out everywhere, and very large files. What was touched is stored as `git add` would do it; what
 * was not stays as it is. The work becomes a commit on `baseCommit`, which no ref keeps yet.
 */
export async function harvest(
  repository: Repository,
  options: {
    readonly workspace: string;
    readonly baseCommit: string;
    readonly baseTree: string;
    /** The tree that the workspace was laid out from. @default the base's */
    readonly startTree?: string;
    /** Says which files of attributes the work may change: no other has a say in how it is stored. @default none */
    readonly mayRule?: (path: string) => boolean;
    /** Paths that set-up added: they are nobody's work. */
    readonly exclude?: readonly string[];
    /** Says whether bytes hold a secret that must not land. */
    readonly hasSecret: (bytes: Uint8Array) => boolean;
    readonly message: string;
  },
): Promise<Harvest> {
  const exclude = options.exclude ?? [];
  const startTree = options.startTree ?? options.baseTree;
  const shown = await shownTree(repository, startTree);
  const { everywhere, here } = await userRules(repository, 'ignore');
  const mine = `${everywhere.toString('latin1')}\n${here.toString('latin1')}`;
  const taken = await withIndex(repository, async (env) => {
    await plumb(repository, { env }, 'read-tree', shown);
    const ignore = `${env.GIT_INDEX_FILE}.ignore`;
    const rules = exclude.map((file) => `/${file.replace(/[\\[\]*?!# ]/g, '\\$&')}\n`);
    await writeFile(ignore, `${mine}\n${Buffer.from(rules.join('')).toString('latin1')}`, 'latin1');
    const add = async (): ReturnType<typeof plumb> =>
      plumb(
        repository,
        { env, allow: [1, 128] },
        ...['-c', `core.excludesFile=${ignore}`],
        '--work-tree',
        options.workspace,
        '-c',
        'advice.addEmbeddedRepo=false',
        'add',
        '--all',
        '--ignore-errors', // it goes on, so that all that is wrong is told
        '--',
        ':/',
      );
    let added = await add();
    if (/Permission denied/.test(added.stderr)) {
      await makeOpen(options.workspace); // closed by the agent, who is the same user as we are
      added = await add();
    }
    if (added.exitCode !== 0) {
      // Git itself refuses names that pose as its own folder, and trees that it cannot read.
      const named = (pattern: RegExp, why: string): Forbidden[] =>
        [...added.stderr.matchAll(pattern)].map(([, path = '']) => ({ path, why }));
      const [first, ...others] = [
        ...named(/^error: '([^]*?)\/?' does not have a commit checked out$/gm, 'it is a nested git repository'),
        ...named(/^error: invalid path '([^]*?)'$/gm, 'its name poses as a git folder'),
      ];
      if (first === undefined) throw new Error(`git could not read the workspace: ${added.stderr.slice(0, 1000)}`);
      return [first, ...others] as const;
    }
    return textOf(await plumb(repository, { env }, 'write-tree'));
  });
  if (typeof taken !== 'string') return { kind: 'forbidden', paths: taken };
  await ownTree(repository, shown, taken);
  const kept = await keep(repository, { startTree, shown, taken, mayRule: options.mayRule ?? (() => false) });
  if (typeof kept !== 'string') return { kind: 'forbidden', paths: [kept] };
  const all = await changedPaths(repository, options.baseTree, kept);
  // A rule that the agent wrote leaves out more; it lets nothing in that the base leaves out.
  const hasRules = all.some(({ path }) => /(?:^|\/)\.gitignore$/.test(path));
  const fresh = hasRules ? all.flatMap(({ path, before }) => (before === null ? [path] : [])) : [];
  const ignored = await ignoredBy(repository, options.baseTree, fresh, mine);
  const setUp = new Set(exclude);
  const isExcluded = ({ path }: Change): boolean => ignored.has(path) || isWithin(setUp, path);
  const undo = all.filter(isExcluded).map(({ path, before }) => ({ path, entry: before }));
  const tree = await editTree(repository, kept, undo);
  const changes = all.filter((change) => !isExcluded(change));
  const added = changes.flatMap(({ path, before, after }) =>
    after ? [{ path, ...after, isNew: before === null }] : [],
  );
  const sizes = await sizesOf(
    repository,
    added.map(({ object }) => object),
  );
  const found = await findForbidden(repository, tree, added, sizes);
  found.push(...(await findFiltered(repository, options.baseTree, changes)));
  const known = new Set(found.map(({ path }) => path));
  const unknown = added.filter(({ path }) => !known.has(path));
  // A change that is too large is not looked through.
  const isWhole = sizes.reduce((sum, bytes) => sum + bytes, 0) <= maxChangeBytes;
  if (isWhole) found.push(...(await findSecrets(repository, unknown, options.hasSecret)));
  const [first, ...others] = found;
  if (first !== undefined) return { kind: 'forbidden', paths: [first, ...others] };
  const commit = await commitTree(repository, { tree, parents: [options.baseCommit], message: options.message });
  return { kind: 'tree', tree, commit, files: changes.map((change) => change.path) };
}

/** What was taken, byte by byte, as git keeps it: what is not as it was laid out, on the tree that was. */
async function keep(
  repository: Repository,
  of: {
    readonly startTree: string;
    readonly shown: string;
    readonly taken: string;
    readonly mayRule: (path: string) => boolean;
  },
): Promise<string | NotKept> {
  const touched = await changedPaths(repository, of.shown, of.taken);
  const edits = touched.map(({ path, after }) => ({ path, entry: after }));
  const mayRule = ({ path }: { readonly path: string }): boolean => isRules(path) && of.mayRule(path);
  const ruled = await editTree(repository, of.startTree, edits.filter(mayRule));
  const why = ruled === of.startTree ? null : await whyNoRules(repository, of.startTree, ruled);
  if (why !== null) return why;
  const isText = ({ path, entry }: (typeof edits)[number]): boolean =>
    entry !== null && entry.mode.startsWith('100') && (!isRules(path) || of.mayRule(path));
  const written = edits.flatMap(({ path, entry }) => (entry && isText({ path, entry }) ? [{ path, ...entry }] : []));
  const kept = await keepFiles(repository, ruled, written);
  if (typeof kept !== 'string') return kept;
  return editTree(
    repository,
    kept,
    edits.filter((edit) => !isText(edit)),
  );
}

/** True for a path among some, or below one of them. */
function isWithin(some: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
    if (some.has(path.slice(0, end))) return true;
  return false;
}

/** A file that a change brings. */
interface Added {
  readonly path: string;
  readonly mode: string;
  readonly object: string;
  /** False for a file that the base has: its name is nobody's work. */
  readonly isNew: boolean;
}

/** The changed files that pass a filter, by the rules of the base and of the user. */
async function findFiltered(
  repository: Repository,
  baseTree: string,
  changes: readonly Change[],
): Promise<Forbidden[]> {
  const written = changes.filter(({ before, after }) => after !== null && after.object !== before?.object);
  const paths = written.map(({ path }) => path);
  return [...(await filtersOf(repository, baseTree, paths))].map(([path, filter]) => ({
    path,
    why: `it passes the filter "${filter}", which is not run here: it would land as it is, in clear`,
  }));
}

async function findSecrets(
  repository: Repository,
  added: readonly Added[],
  hasSecret: (bytes: Uint8Array) => boolean,
): Promise<Forbidden[]> {
  const found: Forbidden[] = [];
  const names = added.map(({ object }) => object);
  for await (const [index, object] of eachObject(repository, names)) {
    const path = added[index]?.path;
    if (object && path !== undefined && hasSecret(object.bytes))
      found.push({ path, why: 'it holds a key that the agents work with' });
  }
  return found;
}

async function findForbidden(
  repository: Repository,
  tree: string,
  added: readonly Added[],
  sizes: readonly number[],
): Promise<Forbidden[]> {
  if (added.length === 0) return [];
  const found: Forbidden[] = [];
  const links = added.filter(({ mode }) => mode === '120000');
  const targets = await readObjects(
    repository,
    links.map(({ object }) => object),
  );
  const targetOf = new Map(links.map(({ path }, index) => [path, targets[index]?.bytes.toString('utf8') ?? '']));
  for (const { path, mode } of added) {
    if (mode === '160000') found.push({ path, why: 'it is a nested git repository' });
    const target = targetOf.get(path);
    if (target !== undefined && linkLeaves(path, target))
      found.push({ path, why: `it is a link that leaves the repository (${target.slice(0, 100)})` });
  }
  let total = 0;
  for (const [index, entry] of added.entries()) {
    const bytes = sizes[index] ?? 0;
    total += bytes;
    if (bytes > maxBlobBytes)
      found.push({ path: entry.path, why: `it has more than ${maxBlobBytes / 1024 / 1024} MB` });
    else if (total > maxChangeBytes && total - bytes <= maxChangeBytes)
      found.push({ path: entry.path, why: `up to it the change has more than ${maxChangeBytes / 1024 / 1024} MB` });
  }
  const all = await listTree(repository, tree);
  const bad = findBadNames(
    added.flatMap(({ path, isNew }) => (isNew ? [path] : [])),
    all.map(({ path }) => path),
  );
  const named = new Set(found.map(({ path }) => path));
  return [...found, ...bad.filter(({ path }) => !named.has(path))];
}
