import { rm } from 'node:fs/promises';
import { makeOpen } from '../../util/folders/remove.ts';
import { removeSpecialFiles } from '../../util/folders/special-files.ts';
import { type GitResult, textOf } from '../git/git.ts';
import { filtersOf } from './filters.ts';
import { ignoredBy, ignoreRules, writeIgnoreRules } from './ignored.ts';
import { findBadNames, linkLeaves } from './portable-names.ts';
import { eachObject, readObjects, sizesOf } from '../objects/objects.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { isRules, keepFiles, type NotKept, shownTree, whyNoRules } from './shown.ts';
import { type Change, changedPaths, commitTree, editTree, listTree, ownTree, withIndex } from '../objects/tree.ts';

/** Maximum bytes of a file that may land. */
const maxBlobBytes = 20 * 1024 * 1024;
/** Maximum bytes of a change that may land, since all of it is searched for secrets and shown. */
const maxChangeBytes = 200 * 1024 * 1024;

/** A path that must not land, and why. */
export interface Forbidden {
  readonly path: string;
  readonly why: string;
}

/** An attempt's result as a tree, or the paths that must not land. */
export type Harvest =
  | { readonly kind: 'tree'; readonly tree: string; readonly commit: string; readonly files: readonly string[] }
  | { readonly kind: 'forbidden'; readonly paths: readonly [Forbidden, ...Forbidden[]] };

/**
 * Reads a workspace into a tree, with our own index and git dir; never opens the agent's `.git`. Leaves out files that
 * the base, the user or the agent ignores, and files that set-up added. Refuses nested repositories, links that leave,
 * names that cannot be checked out everywhere, and very large files. Changed files are stored as `git add` would store
 * them, others stay as they are. The work becomes a commit on `baseCommit`, which no ref keeps yet.
 */
export async function harvest(
  repository: Repository,
  options: {
    readonly workspace: string;
    readonly baseCommit: string;
    readonly baseTree: string;
    /** The tree that the workspace was made from. @default the base's */
    readonly startTree?: string;
    /** True for attribute files that the work may change; others do not affect how it is stored. @default none */
    readonly mayRule?: (path: string) => boolean;
    /** Paths that set-up added; they are left out. */
    readonly exclude?: readonly string[];
    /** True if bytes contain a secret that must not land. */
    readonly hasSecret: (bytes: Uint8Array) => boolean;
    readonly message: string;
  },
): Promise<Harvest> {
  const exclude = options.exclude ?? [];
  const startTree = options.startTree ?? options.baseTree;
  const shown = await shownTree(repository, startTree);
  const rules = await ignoreRules(repository, exclude);
  const taken = await withIndex(repository, async (env) => {
    await plumb(repository, { env }, 'read-tree', shown);
    const ignoring = await writeIgnoreRules(`${env.GIT_INDEX_FILE}.ignore`, rules);
    const added = await addAll(options.workspace, async (signal) => {
      await rm(`${env.GIT_INDEX_FILE}.lock`, { force: true }); // of git that was stopped
      return plumb(
        repository,
        { env, allow: [1, 128], signal },
        ...[...ignoring, '-c', 'advice.addEmbeddedRepo=false'],
        // `--ignore-errors`: continue, to report all errors.
        ...['--work-tree', options.workspace, 'add', '--all', '--ignore-errors', '--', ':/'],
      );
    });
    if (added === null) return [{ path: './', why: 'pipes or sockets are made in it while it is read' }] as const;
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
  // The agent's own ignore rules may leave out more, but include nothing that the base ignores.
  const hasRules = all.some(({ path }) => /(?:^|\/)\.gitignore$/.test(path));
  const fresh = hasRules ? all.flatMap(({ path, before }) => (before === null ? [path] : [])) : [];
  const ignored = await ignoredBy(repository, options.baseTree, fresh, rules.mine);
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
  // A change that is too large is not searched.
  const isWhole = sizes.reduce((sum, bytes) => sum + bytes, 0) <= maxChangeBytes;
  if (isWhole) found.push(...(await findSecrets(repository, unknown, options.hasSecret)));
  const [first, ...others] = found;
  if (first !== undefined) return { kind: 'forbidden', paths: [first, ...others] };
  const commit = await commitTree(repository, { tree, parents: [options.baseCommit], message: options.message });
  return { kind: 'tree', tree, commit, files: changes.map((change) => change.path) };
}

/** How long git adds files before anybody looks for what it may wait for, in ms. */
const patienceMs = 2000;
/** How often work is added before it is refused: permissions and pipes are each removed once, unless something makes more. */
const maxTries = 4;

/**
 * Adds the work to the index by `add`, again after removing what is in its way: permissions that the agent took away, and
 * pipes, sockets and devices. Git cannot store these, and waits forever for a pipe that is named like a file of rules.
 * Null if there are more of them each time.
 */
async function addAll(workspace: string, add: (signal: AbortSignal) => Promise<GitResult>): Promise<GitResult | null> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const added = await addPatiently(workspace, add);
    if (added === null) continue;
    const isClosed = /Permission denied/.test(added.stderr);
    const isSpecial = /can only add regular files/.test(added.stderr);
    if (tries === maxTries || (!isClosed && !isSpecial)) return added;
    if (isClosed) await makeOpen(workspace); // it runs as the same user
    if (isSpecial) await removeSpecialFiles(workspace);
  }
  return null;
}

/** Null if git was stopped, since it may wait for a file that is removed now. */
async function addPatiently(
  workspace: string,
  add: (signal: AbortSignal) => Promise<GitResult>,
): Promise<GitResult | null> {
  const stop = new AbortController();
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    if ((await removeSpecialFiles(workspace)) > 0) stop.abort();
  };
  const timer = setTimeout(() => {
    looking = look();
  }, patienceMs);
  try {
    return await add(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(timer);
    await looking;
  }
}

/** The changed files as git stores them, on the tree that the workspace was made from. */
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

/** True for a path in a set, or below one. */
function isWithin(some: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
    if (some.has(path.slice(0, end))) return true;
  return false;
}

interface Added {
  readonly path: string;
  readonly mode: string;
  readonly object: string;
  /** False for a file that the base has, whose name is not checked. */
  readonly isNew: boolean;
}

/** The changed files that pass a filter, by the attributes of the base and of the user. */
async function findFiltered(
  repository: Repository,
  baseTree: string,
  changes: readonly Change[],
): Promise<Forbidden[]> {
  const written = changes.filter(({ before, after }) => after !== null && after.object !== before?.object);
  const paths = written.map(({ path }) => path);
  return [...(await filtersOf(repository, baseTree, paths))].map(([path, filter]) => ({
    path,
    why: `it passes the filter "${filter}", which is not run here: it would land unencrypted`,
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
      found.push({ path, why: 'it contains a secret that the agents use' });
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
      found.push({ path, why: `it is a symbolic link out of the repository (${target.slice(0, 100)})` });
  }
  let total = 0;
  for (const [index, entry] of added.entries()) {
    const bytes = sizes[index] ?? 0;
    total += bytes;
    if (bytes > maxBlobBytes)
      found.push({ path: entry.path, why: `it has more than ${maxBlobBytes / 1024 / 1024} MB` });
    else if (total > maxChangeBytes && total - bytes <= maxChangeBytes)
      found.push({ path: entry.path, why: `with it the change exceeds ${maxChangeBytes / 1024 / 1024} MB` });
  }
  const all = await listTree(repository, tree);
  const bad = findBadNames(
    added.flatMap(({ path, isNew }) => (isNew ? [path] : [])),
    all.map(({ path }) => path),
  );
  const named = new Set(found.map(({ path }) => path));
  return [...found, ...bad.filter(({ path }) => !named.has(path))];
}
