import { isLockfile } from '../../model/lockfiles.ts';
import type { Repository } from '../git/repository.ts';
import { type Hunk, linesOf, listHunks } from '../objects/hunks.ts';
import { type LineChange, mergeLines } from '../objects/line-merge.ts';
import type { Merged, Sides } from '../objects/merge.ts';
import { writeObject } from '../objects/objects.ts';
import { type Edit, editTree, readBlob, writeBlob } from '../objects/tree.ts';
import { attributeOf } from './attributes.ts';

/*
 * Merges conflicts that need no decision: both sides insert at the same place, or change adjacent lines. Git calls these
 * conflicts since their lines touch. What comes out is a candidate like any other: it has to be judged.
 */

/** Largest file that is merged, in bytes. */
const maxBytes = 4 * 1024 * 1024;

/** The edits of a conflict's tree that merge the given files; null if one of them needs a decision. */
export async function joinFiles(
  repository: Repository,
  conflict: Extract<Merged, { kind: 'conflict' }>,
  files: readonly string[],
): Promise<Edit[] | null> {
  const texts: (Texts & { readonly file: string })[] = [];
  const drivers = await attributeOf(repository, conflict.tree, files, 'merge');
  for (const file of files) {
    if (isLockfile(file) || !mayMerge(drivers.get(file))) return null;
    const found = await textsOf(repository, conflict.sides.get(file));
    if (found === null) return null;
    texts.push({ ...found, file });
  }
  const base = await treeOfTexts(repository, texts, 'base');
  const [left, right] = await Promise.all(
    (['ours', 'theirs'] as const).map(async (side) => {
      const tree = await treeOfTexts(repository, texts, side);
      const hunks = await listHunks(repository, base, tree, [...texts.keys()].map(String), true);
      return Map.groupBy(hunks, (hunk) => Number(hunk.path));
    }),
  );
  const edits: Edit[] = [];
  for (const [index, it] of texts.entries()) {
    const text = join(it, left?.get(index) ?? [], right?.get(index) ?? []);
    if (text === null) return null;
    edits.push({ path: it.file, entry: { mode: it.mode, object: await writeBlob(repository, text) } });
  }
  return edits;
}

/** The user's attributes may leave the merge to a program, or refuse one line by line. */
function mayMerge(driver: string | undefined): boolean {
  return driver === undefined || ['set', 'text', 'union'].includes(driver);
}

/** The three versions of a text, each with an end of its last line, and whether the merge is to have one. */
interface Texts {
  readonly mode: string;
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  readonly isEnded: boolean;
  /** The end of a line that was added where there was none. */
  readonly end: string;
}

async function textsOf(repository: Repository, sides: Sides | undefined): Promise<Texts | null> {
  const { base, ours, theirs } = sides ?? {};
  if (!base || !ours || !theirs || ours.mode !== base.mode || theirs.mode !== base.mode) return null;
  if (!base.mode.startsWith('100')) return null;
  const versions = await Promise.all([base, ours, theirs].map(async ({ object }) => readBlob(repository, object)));
  if (versions.some((bytes) => bytes.length > maxBytes || bytes.includes(0))) return null;
  const [was, left, right] = versions.map((bytes) => linesOf(bytes).map((line) => line.toString('latin1')));
  if (!was || !left || !right) return null;
  const isOpen = (lines: readonly string[]): boolean => lines.at(-1)?.endsWith('\n') === false;
  const end = was[0]?.endsWith('\r\n') === true ? '\r\n' : '\n';
  const ended = (lines: readonly string[]): string[] =>
    isOpen(lines) ? [...lines.slice(0, -1), `${lines.at(-1) ?? ''}${end}`] : [...lines];
  const changed = isOpen(left) === isOpen(was) ? right : left;
  return { mode: base.mode, base: ended(was), ours: ended(left), theirs: ended(right), isEnded: !isOpen(changed), end };
}

async function treeOfTexts(
  repository: Repository,
  texts: readonly Texts[],
  side: 'base' | 'ours' | 'theirs',
): Promise<string> {
  const edits = texts.map(async ({ mode, [side]: lines }, index): Promise<Edit> => {
    const object = await writeBlob(repository, Buffer.from(lines.join(''), 'latin1'));
    return { path: String(index), entry: { mode, object } };
  });
  const empty = await writeObject(repository, 'tree', Buffer.alloc(0));
  return editTree(repository, empty, await Promise.all(edits));
}

function join(it: Texts, left: readonly Hunk[], right: readonly Hunk[]): Buffer | null {
  const [ours, theirs] = [changesOf(left, it.ours), changesOf(right, it.theirs)];
  const merged = mergeLines(it.base, ours, theirs)?.join('') ?? null;
  if (merged === null) return null;
  return Buffer.from(it.isEnded || !merged.endsWith(it.end) ? merged : merged.slice(0, -it.end.length), 'latin1');
}

/** Hunks without context as changes of the base. */
function changesOf(hunks: readonly Hunk[], after: readonly string[]): LineChange[] {
  return hunks.map(({ oldLine, oldLines, line, lines }) => {
    const start = oldLines === 0 ? oldLine : oldLine - 1;
    return { start, end: start + oldLines, lines: lines === 0 ? [] : after.slice(line - 1, line - 1 + lines) };
  });
}
