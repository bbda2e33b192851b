import type { UnitSpec } from '../../model/unit.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { type Edit, readFile, writeBlob } from '../../repo/objects/tree.ts';
import { tickUnit, untickUnit } from '../../specs/ticks/tick.ts';
import { pathOf, sourceOf } from './specs-place.ts';

/** The edits that tick a unit's boxes in a tree; none if its spec is missing or ticked already. */
export async function tickEdits(
  repository: Repository,
  specsPath: string | null,
  unit: UnitSpec,
  tree: string,
): Promise<readonly Edit[]> {
  return editsBy(tickUnit, repository, specsPath, unit, tree);
}

/** The edits that open them again. */
export async function untickEdits(...of: Parameters<typeof tickEdits>): Promise<readonly Edit[]> {
  return editsBy(untickUnit, ...of);
}

async function editsBy(
  change: typeof tickUnit,
  ...[repository, specsPath, unit, tree]: Parameters<typeof tickEdits>
): Promise<readonly Edit[]> {
  if (specsPath === null || unit.forEachFile !== null) return [];
  const modes = new Map<string, string>();
  const sources = [];
  for (const file of unit.files) {
    const found = await readFile(repository, tree, pathOf(specsPath, file));
    const source = found && sourceOf(found.bytes, file);
    if (!found || !source) continue; // not committed yet; ticked once it is on the branch
    modes.set(file, found.entry.mode);
    sources.push(source);
  }
  const edits: Edit[] = [];
  for (const { file, text } of await change(sources, unit)) {
    const object = await writeBlob(repository, Buffer.from(text));
    edits.push({ path: pathOf(specsPath, file), entry: { mode: modes.get(file) ?? '100644', object } });
  }
  return edits;
}
