import type { UnitRow } from '../../../queue/units.ts';
import { type Change, diffTexts } from '../../../repo/objects/diff.ts';
import { readObjects } from '../../../repo/objects/objects.ts';
import type { Repository } from '../../../repo/git/repository.ts';

/** Characters of all patches of a report, and the least and the most of one. */
const most = { all: 1_500_000, least: 800, one: 20_000 } as const;

/** What each unit changed, by its id: of those in `tried` that landed, and of all whose work is kept. */
export async function reportDiffs(
  repository: Repository,
  units: readonly UnitRow[],
  tried: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const changes = units.flatMap(({ spec, state, landedCommit, keptWork }): { unit: string; change: Change }[] => {
    if (state === 'done') {
      const isNew = landedCommit !== null && tried.has(spec.id);
      return isNew ? [{ unit: spec.id, change: { commit: landedCommit } }] : [];
    }
    if (keptWork === null) return [];
    const { change, baseTree, tree } = keptWork;
    return [{ unit: spec.id, change: change ?? { before: baseTree, after: tree } }];
  });
  // Kept trees are kept by nothing but git's patience.
  const names = changes.map(({ change }) => ('commit' in change ? [change.commit] : [change.before, change.after]));
  const objects = await readObjects(repository, names.flat());
  const there = new Set(names.flat().filter((_, index) => objects[index] !== null));
  const whole = changes.filter((_, index) => names[index]?.every((name) => there.has(name)));
  const room = Math.max(most.least, Math.min(most.one, Math.floor(most.all / Math.max(1, whole.length))));
  const texts = await diffTexts(
    repository,
    whole.map(({ change }) => change),
    room,
  );
  return new Map(whole.map(({ unit }, index) => [unit, texts[index] ?? '']));
}
