import { type Merged, mergeBases, mergeTrees, renamedFiles } from '../../repo/merge.ts';
import type { Repository } from '../../repo/repository.ts';
import { changedPaths, commitTree, type Edit, editTree, readFile, treeOf, writeBlob } from '../../repo/tree.ts';
import { withoutTicks } from '../../specs/ticks/boxes.ts';
import { mergeTexts, tickAgain } from '../../specs/ticks/merge.ts';
import { decodeSource } from '../../specs/text/source.ts';
import { isSpecFile } from '../../specs/units/walk.ts';
import type { Scope } from '../context/scope.ts';

/** Where specs are in the repository. */
export interface SpecsPlace {
  /** The folder as a path in the repository, '' for its root; null when it lies outside. */
  readonly path: string | null;
  /** Patterns of paths below it that hold no specs. */
  readonly ignore: readonly string[];
}

/** Where the specs of a run are in its repository. */
export function specsPlaceOf({ specsPath, config }: Pick<Scope, 'specsPath' | 'config'>): SpecsPlace {
  return { path: specsPath, ignore: config.ignore };
}

/** The path of a spec relative to the specs folder; null for what is no spec. */
export function specAt(place: SpecsPlace, path: string): string | null {
  if (place.path === null || (place.path !== '' && !path.startsWith(`${place.path}/`))) return null;
  const file = place.path === '' ? path : path.slice(place.path.length + 1);
  return isSpecFile(file, place.ignore) ? file : null;
}

/** One version of the repository, with the texts of its specs by their paths; specs that are no text are left out. */
interface Version {
  readonly tree: string;
  readonly texts: ReadonlyMap<string, string>;
  /** A commit of the same without ticks. */
  readonly bare: string;
}

/**
 * Merges two commits, with their specs merged by meaning (see `specs/ticks/merge.ts`): files as git merges them, but without
 * ticks, which are put on the merged texts again. Every merge of ours is one of these, so that a ticked box beside a
 * line that a person changed is never a conflict.
 */
export async function mergeCommits(
  repository: Repository,
  place: SpecsPlace,
  ours: string,
  theirs: string,
): Promise<Merged> {
  const paths = (await changedPaths(repository, await treeOf(repository, ours), await treeOf(repository, theirs)))
    .map(({ path }) => path)
    .filter((path) => specAt(place, path) !== null);
  if (paths.length === 0) return mergeTrees(repository, ours, theirs);
  const base = await baseTree(repository, place, ours, theirs);
  const was = base === null ? null : await versionOf(repository, base, paths, []);
  const parents = was === null ? [] : [was.bare];
  const here = await versionOf(repository, await treeOf(repository, ours), paths, parents);
  const there = await versionOf(repository, await treeOf(repository, theirs), paths, parents);
  const merged = await mergeTrees(repository, here.bare, there.bare);
  let { tree } = merged;
  if (merged.kind === 'conflict') {
    const edits = await settle(repository, place, merged.files, { was, here, there });
    const left = merged.files.filter((file) => edits.every((edit) => edit.path !== file));
    if (left.length > 0) return { ...merged, files: left };
    tree = await editTree(repository, tree, edits);
  }
  return { kind: 'tree', tree: await tick(repository, place, paths, tree, { was, here, there }) };
}

/**
 * Merges an agent's work. Its ticks are put back in any case, so they are looked at only where git sees a conflict in
 * them.
 */
export async function mergeWork(
  repository: Repository,
  place: SpecsPlace,
  ours: string,
  theirs: string,
): Promise<Merged> {
  const merged = await mergeTrees(repository, ours, theirs);
  const isSpec = (path: string): boolean => specAt(place, path) !== null;
  return merged.kind === 'conflict' && merged.files.some(isSpec)
    ? mergeCommits(repository, place, ours, theirs)
    : merged;
}

interface Sides {
  readonly was: Version | null;
  readonly here: Version;
  readonly there: Version;
}

/** What both sides have in common; for branches that were merged crosswise, the merge of all that they have. */
async function baseTree(
  repository: Repository,
  place: SpecsPlace,
  ours: string,
  theirs: string,
): Promise<string | null> {
  const [first, ...others] = await mergeBases(repository, ours, theirs);
  if (first === undefined) return null;
  let commit = first;
  for (const other of others) {
    const { tree } = await mergeCommits(repository, place, commit, other);
    commit = await commitTree(repository, { tree, parents: [commit, other], message: 'Base of a merge\n' });
  }
  return treeOf(repository, commit);
}

async function versionOf(
  repository: Repository,
  tree: string,
  paths: readonly string[],
  parents: readonly string[],
): Promise<Version> {
  const texts = new Map<string, string>();
  const edits: Edit[] = [];
  for (const path of paths) {
    const found = await readFile(repository, tree, path);
    if (found === null || !found.entry.mode.startsWith('100')) continue;
    const source = decodeSource(found.bytes, path);
    if ('severity' in source) continue;
    texts.set(path, source.text);
    const text = withoutTicks(source);
    if (text !== source.text) edits.push(await written(repository, path, found.entry.mode, text));
  }
  const bareTree = await editTree(repository, tree, edits);
  const bare = await commitTree(repository, { tree: bareTree, parents, message: 'Without ticks\n' });
  return { tree, texts, bare };
}

async function written(repository: Repository, path: string, mode: string, text: string): Promise<Edit> {
  return { path, entry: { mode, object: await writeBlob(repository, Buffer.from(text)) } };
}

/** The specs among the files in which git sees a conflict that are none by meaning. */
async function settle(
  repository: Repository,
  place: SpecsPlace,
  files: readonly string[],
  { was, here, there }: Sides,
): Promise<Edit[]> {
  const edits: Edit[] = [];
  for (const path of files) {
    const file = specAt(place, path);
    const [base = null, ours, theirs] = [was, here, there].map((version) => bareText(version, path));
    if (file === null || ours === undefined || theirs === undefined) continue;
    const text = mergeTexts(file, base, ours, theirs);
    const mode = (await readFile(repository, here.tree, path))?.entry.mode;
    if (text !== null && mode !== undefined) edits.push(await written(repository, path, mode, text));
  }
  return edits;
}

function bareText(version: Version | null, path: string): string | undefined {
  const text = version?.texts.get(path);
  return text === undefined ? undefined : withoutTicks({ file: path, text });
}

/** Ticks the specs of a merged tree again. */
async function tick(
  repository: Repository,
  place: SpecsPlace,
  paths: readonly string[],
  tree: string,
  { was, here, there }: Sides,
): Promise<string> {
  const isEverywhere = paths.every((path) => here.texts.has(path) && there.texts.has(path));
  const renamed =
    was === null || isEverywhere ? new Map<string, string>() : await renamesOf(repository, was, [here, there]);
  const edits: Edit[] = [];
  for (const path of paths) {
    const file = specAt(place, path);
    const found = await readFile(repository, tree, path);
    if (file === null || found === null) continue;
    const source = decodeSource(found.bytes, file);
    if ('severity' in source) continue;
    const before = renamed.get(path) ?? path;
    const text = (version: Version | null): string | null =>
      version?.texts.get(path) ?? version?.texts.get(before) ?? null;
    const ticked = tickAgain({ file, base: text(was), ours: text(here), theirs: text(there) }, source.text);
    if (ticked !== source.text) edits.push(await written(repository, path, found.entry.mode, ticked));
  }
  return editTree(repository, tree, edits);
}

async function renamesOf(
  repository: Repository,
  was: Version,
  sides: readonly Version[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const side of sides)
    for (const [name, before] of await renamedFiles(repository, was.bare, side.bare)) found.set(name, before);
  return found;
}
