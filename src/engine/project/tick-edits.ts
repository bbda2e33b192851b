import type { UnitSpec } from '../../model/unit.ts';
import type { Repository } from '../../repo/repository.ts';
import { type Edit, readFile, writeBlob } from '../../repo/tree.ts';
import { tickUnit } from '../../specs/ticks/tick.ts';

/** What ticks a unit's boxes in a tree; nothing when its spec is not in it, or is ticked already. */
export async function tickEdits(
  repository: Repository,
  specsPath: string | null,
  unit: UnitSpec,
  tree: string,
): Promise<readonly Edit[]> {
  if (specsPath === null || unit.forEachFile !== null || unit.gate !== null) return [];
  const path = specsPath === '' ? unit.file : `${specsPath}/${unit.file}`;
  const found = await readFile(repository, tree, path);
  if (!found) return []; // the spec is not committed yet: it is ticked once it reaches the branch
  const { entry, bytes } = found;
  const ticked = tickUnit({ bytes, file: unit.file, key: unit.key, criteriaHash: unit.criteriaHash });
  return ticked ? [{ path, entry: { mode: entry.mode, object: await writeBlob(repository, ticked) } }] : [];
}
