import { type Merged, mergeBases, mergeTrees, renamedFiles } from '../../repo/objects/merge.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { joinFiles } from '../../repo/worktrees/join.ts';
import { changedPaths, commitTree, type Edit, editTree, readFile, treeOf, writeBlob } from '../../repo/objects/tree.ts';
import type { Group, Reader } from '../../specs/format/format.ts';
import type { Source } from '../../specs/text/source.ts';
import { withoutTicks } from '../../specs/ticks/marks.ts';
import { mergeTexts, tickAgain } from '../../specs/ticks/merge.ts';
import { claimsOf, filesAmong, pathOf, sourceOf, type SpecsPlace } from './specs-place.ts';

/** Files of the specs folder that are read together. */
interface Together {
  readonly reader: Reader;
  readonly files: readonly string[];
}

/** One version of the repository with its specs' texts by file; specs that are not text are left out. */
interface Version {
  readonly tree: string;
  readonly texts: ReadonlyMap<string, string>;
  /** The texts without ticks. */
  readonly bareTexts: ReadonlyMap<string, string>;
  /** A commit with those. */
  readonly bare: string;
}

/**
 * Merges two commits, with specs merged by meaning (see `specs/ticks/merge.ts`): git merges the files without ticks, which
 * are then set again. Every merge goes through here, so that a ticked box beside a changed line never conflicts.
 */
export async function mergeCommits(
  repository: Repository,
  place: SpecsPlace,
  ours: string,
  theirs: string,
  join: Join = null,
): Promise<Merged> {
  const trees = [await treeOf(repository, ours), await treeOf(repository, theirs)] as const;
  const changed = (await changedPaths(repository, ...trees)).map(({ path }) => path);
  const claims = await claimsOf(repository, place, trees, filesAmong(place, changed));
  if (place.path === null || claims.length === 0)
    return joined(repository, await mergeTrees(repository, ours, theirs), join);
  const groups = await Promise.all(
    claims.map(async ({ format, files }): Promise<Together> => ({ reader: await format.load(), files })),
  );
  const at = { repository, specsPath: place.path, groups };
  const base = await baseTree(repository, place, ours, theirs);
  const was = base === null ? null : await versionOf(at, base, []);
  const parents = was === null ? [] : [was.bare];
  const here = await versionOf(at, trees[0], parents);
  const there = await versionOf(at, trees[1], parents);
  let merged = await mergeTrees(repository, here.bare, there.bare);
  if (merged.kind === 'conflict') {
    const edits = await settle(at, merged, { was, here, there });
    const files = merged.files.filter((file) => edits.every((edit) => edit.path !== file));
    merged = await joined(repository, { ...merged, files }, join);
    if (merged.kind === 'conflict') return merged;
    merged = { ...merged, tree: await editTree(repository, merged.tree, edits) };
  }
  return { ...merged, tree: await tick(at, merged.tree, { was, here, there }) };
}

/** Merges files in which git sees a conflict; null if they need a decision. A join of null merges none. */
type Join =
  ((conflict: Extract<Merged, { kind: 'conflict' }>, files: readonly string[]) => Promise<Edit[] | null>) | null;

/** The merge with its conflicts joined, if all of them can be. */
async function joined(repository: Repository, merged: Merged, join: Join): Promise<Merged> {
  if (merged.kind === 'tree') return merged;
  const { files, tree } = merged;
  const edits = files.length === 0 ? [] : ((await join?.(merged, files)) ?? null);
  return edits === null ? merged : { kind: 'tree', tree: await editTree(repository, tree, edits), joined: files };
}

/**
 * Merges an agent's work. Its ticks are reverted anyway, so specs are merged by meaning only if git sees a conflict.
 * `mayJoin`: conflicts that need no decision are merged, too; the merge names their files.
 */
export async function mergeWork(
  repository: Repository,
  place: SpecsPlace,
  ours: string,
  theirs: string,
  mayJoin = false,
): Promise<Merged> {
  const join: Join = mayJoin ? async (conflict, files) => joinFiles(repository, conflict, files) : null;
  const merged = await mergeTrees(repository, ours, theirs);
  return merged.kind === 'conflict' && filesAmong(place, merged.files).length > 0
    ? mergeCommits(repository, place, ours, theirs, join)
    : joined(repository, merged, join);
}

/** The specs of a merge. */
interface Merging {
  readonly repository: Repository;
  readonly specsPath: string;
  readonly groups: readonly Together[];
}

interface Sides {
  readonly was: Version | null;
  readonly here: Version;
  readonly there: Version;
}

/** The common base of both sides; after criss-cross merges, the merge of all common ancestors. */
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
  { repository, specsPath, groups }: Merging,
  tree: string,
  parents: readonly string[],
): Promise<Version> {
  const texts = new Map<string, string>();
  const bareTexts = new Map<string, string>();
  const edits: Edit[] = [];
  const modes = new Map<string, string>();
  for (const { reader, files } of groups) {
    const sources: Source[] = [];
    for (const file of files) {
      const found = await readFile(repository, tree, pathOf(specsPath, file));
      const source = found?.entry.mode.startsWith('100') === true ? sourceOf(found.bytes, file) : null;
      if (found === null || source === null) continue;
      modes.set(file, found.entry.mode);
      // Several groups may share a file, each with its own marks in it.
      sources.push({ file, text: bareTexts.get(file) ?? source.text });
      texts.set(file, source.text);
    }
    for (const { file, text } of withoutTicks({ reader, sources })) bareTexts.set(file, text);
  }
  for (const [file, text] of bareTexts)
    if (text !== texts.get(file))
      edits.push(await written(repository, pathOf(specsPath, file), modes.get(file) ?? '', text));
  const bareTree = await editTree(repository, tree, edits);
  const bare = await commitTree(repository, { tree: bareTree, parents, message: 'Without ticks\n' });
  return { tree, texts, bareTexts, bare };
}

async function written(repository: Repository, path: string, mode: string, text: string): Promise<Edit> {
  return { path, entry: { mode, object: await writeBlob(repository, Buffer.from(text)) } };
}

/** The spec files with a conflict that remains after merging by meaning. */
async function settle(
  { repository, specsPath, groups }: Merging,
  { tree, files: conflicts }: { readonly tree: string; readonly files: readonly string[] },
  { was, here, there }: Sides,
): Promise<Edit[]> {
  const edits: Edit[] = [];
  for (const { reader, files } of groups) {
    const isOpen = (file: string): boolean => conflicts.includes(pathOf(specsPath, file));
    if (!files.some(isOpen)) continue;
    const [base, ours, theirs] = [was, here, there].map((version) => sourcesOf(version?.bareTexts, files));
    const inBoth = (file: string): boolean => here.bareTexts.has(file) && there.bareTexts.has(file);
    if (!base || !ours || !theirs || !files.filter(isOpen).every(inBoth)) continue;
    const settled = new Map<string, string | null>();
    for (const file of files.filter((one) => !isOpen(one)))
      settled.set(file, (await sourceIn(repository, specsPath, tree, file))?.source.text ?? null);
    for (const { file, text } of mergeTexts(reader, { base, ours, theirs }, settled) ?? []) {
      const path = pathOf(specsPath, file);
      const mode = (await readFile(repository, here.tree, path))?.entry.mode;
      if (isOpen(file) && mode !== undefined) edits.push(await written(repository, path, mode, text));
    }
  }
  return edits;
}

async function sourceIn(
  repository: Repository,
  specsPath: string,
  tree: string,
  file: string,
): Promise<{ readonly source: Source; readonly mode: string } | null> {
  const found = await readFile(repository, tree, pathOf(specsPath, file));
  const source = found && sourceOf(found.bytes, file);
  return found && source ? { source, mode: found.entry.mode } : null;
}

/** The existing ones of some files; `before` maps names to earlier ones. */
function sourcesOf(
  texts: ReadonlyMap<string, string> | undefined,
  files: readonly string[],
  before: (file: string) => string | undefined = () => undefined,
): Source[] {
  return files.flatMap((file) => {
    const text = texts?.get(file) ?? texts?.get(before(file) ?? file);
    return text === undefined ? [] : [{ file, text }];
  });
}

/** Sets the ticks in the specs of a merged tree. */
async function tick(
  { repository, specsPath, groups }: Merging,
  tree: string,
  { was, here, there }: Sides,
): Promise<string> {
  const isEverywhere = groups.every(({ files }) =>
    files.every((file) => here.texts.has(file) && there.texts.has(file)),
  );
  const renamed =
    was === null || isEverywhere ? new Map<string, string>() : await renamesOf(repository, was, [here, there]);
  const above = specsPath === '' ? 0 : specsPath.length + 1;
  const before = (file: string): string | undefined => renamed.get(pathOf(specsPath, file))?.slice(above);
  const modes = new Map<string, string>();
  const ticked = new Map<string, string>();
  for (const { reader, files } of groups) {
    const found = await Promise.all(files.map(async (file) => sourceIn(repository, specsPath, tree, file)));
    for (const one of found) if (one) modes.set(one.source.file, one.mode);
    const merged: Group['sources'] = found.flatMap((one) =>
      one ? [{ file: one.source.file, text: ticked.get(one.source.file) ?? one.source.text }] : [],
    );
    const [base = [], ours = [], theirs = []] = [was, here, there].map((version) =>
      sourcesOf(version?.texts, files, before),
    );
    const isMoved = [here, there].some(({ texts }) =>
      files.some((file) => !texts.has(file) && before(file) !== undefined),
    );
    for (const [index, { file, text }] of tickAgain(reader, { base, ours, theirs }, merged, isMoved).entries())
      if (text !== merged[index]?.text) ticked.set(file, text);
  }
  const edits: Edit[] = [];
  for (const [file, text] of ticked)
    edits.push(await written(repository, pathOf(specsPath, file), modes.get(file) ?? '', text));
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
