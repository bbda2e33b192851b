import type { Emit } from '../../model/event.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { type Edit, readFile, writeBlob } from '../../repo/objects/tree.ts';
import { printableLine } from '../../util/text/printable.ts';
import { readTickability, readTicks, tickUnit, untickUnit } from '../../specs/ticks/tick.ts';
import { pathOf, sourceOf, sourcesIn } from './specs-place.ts';

/** The edits that tick a unit's boxes in a tree; none if its spec is missing or ticked already. */
export async function tickEdits(
  repository: Repository,
  specsPath: string | null,
  unit: UnitSpec,
  tree: string,
): Promise<readonly Edit[]> {
  return editsBy(tickUnit, repository, specsPath, unit, tree);
}

/** What a tick of a unit would do in a tree; null where specs have no place. */
export async function tickabilityIn(
  repository: Repository,
  specsPath: string | null,
  unit: UnitSpec,
  tree: string,
): Promise<Awaited<ReturnType<typeof readTickability>> | null> {
  if (specsPath === null || unit.forEachFile !== null || unit.gate !== null) return null;
  return readTickability(await sourcesIn(repository, specsPath, tree, unit.files), unit);
}

/** Tells of a unit that landed, and that nothing but a person can mark as done in a tree. */
export async function tellUnticked(
  run: { readonly emit: Emit },
  ...[repository, specsPath, unit, tree]: Parameters<typeof tickabilityIn>
): Promise<void> {
  const told = await tickabilityIn(repository, specsPath, unit, tree);
  if (typeof told !== 'object' || told === null) return;
  const text = `${unit.key} landed, and could not be ticked in ${told.file}, line ${told.line}: ${told.why}. Mark it as done there, and commit that.`;
  run.emit({ type: 'notice', text: printableLine(text, 1000) });
}

/** True if a unit is marked as done in a tree, and nothing but a person can open its marks there. */
export async function isUntickRefused(
  ...[repository, specsPath, unit, tree]: Parameters<typeof tickabilityIn>
): Promise<boolean> {
  if (specsPath === null || unit.forEachFile !== null || unit.gate !== null) return false;
  const sources = await sourcesIn(repository, specsPath, tree, unit.files);
  const isDone = (await readTicks(sources, unit.format)).of(unit) === true;
  return isDone && (await untickUnit(sources, unit)).length === 0;
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
