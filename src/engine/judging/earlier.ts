import type { Joined } from '../../model/joined.ts';
import { inGroup, type UnitSpec } from '../../model/unit.ts';
import type { MergedWith } from '../../queue/units.ts';
import { readVerdicts } from '../../queue/evidence.ts';
import { readLandingsOf } from '../../repo/landings/land.ts';
import { type Renamed, renamedFiles, renamedOnTheWay } from '../../repo/objects/merge.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import type { Books } from '../context/books.ts';
import type { Target } from '../context/target.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import { type ConfirmedReviews, subjectOf } from './confirmed-reviews.ts';

/** A unit that landed, or is about to land, ahead of work that was merged with its change. */
export interface Earlier {
  readonly unit: UnitSpec;
  /** The commit that lands it. */
  readonly commit: string;
}

/** Where work meets what landed: the commit that it began on, the commit on which it is merged, and its own tree. */
export interface Meeting {
  readonly from: string;
  readonly to: string;
  readonly work: string;
}

/**
 * The units whose commits since work began changed one of the files, the last one first; without undone ones. A file that
 * either side renamed counts under all the names that it had on the way, and in a renamed folder also under the name that
 * it would have in the other one.
 */
export async function earlierUnits(
  run: Target & Pick<Scope, 'asked'>,
  { from, to, work }: Meeting,
  merged: readonly string[],
): Promise<Earlier[]> {
  if (merged.length === 0) return [];
  const renamed = await Promise.all([
    ...[work, to].map(async (side) => [...(await renamedFiles(run.repository, from, side))]),
    renamedOnTheWay(run.repository, from, to),
  ]);
  const files = namesOf(merged, renamed.flat());
  const { byId } = askedFor(run.asked.units);
  const found = new Map<string, Earlier | null>();
  for (const { unit, commit, undone } of await readLandingsOf(run.repository, from, to, files)) {
    const spec = found.has(unit) ? undefined : byId.get(unit as UnitSpec['id']);
    if (undone !== '') found.set(unit, found.get(unit) ?? null);
    else if (spec) found.set(unit, { unit: spec, commit });
  }
  return [...found.values()].filter((one) => one !== null);
}

/** The files, with all names that they had or have on either side. */
function namesOf(files: readonly string[], pairs: readonly Renamed[]): string[] {
  const folders = new Map(pairs.flatMap((pair) => foldersOf(pair).map((both) => [both.join('\0'), both])));
  const names = new Set(files);
  for (const file of files)
    for (const [one, other] of folders.values()) {
      if (file.startsWith(one)) names.add(other + file.slice(one.length));
      if (file.startsWith(other)) names.add(one + file.slice(other.length));
    }
  for (let size = -1; size !== names.size;) {
    size = names.size;
    for (const [now, before] of pairs)
      if (names.has(now) || names.has(before)) for (const name of [now, before]) names.add(name);
  }
  return [...names];
}

/** The folders of a file that was moved, without what the end of both paths has in common; none for one that stayed. */
function foldersOf([now, before]: Renamed): [string, string][] {
  const [to, from] = [now.split('/').slice(0, -1), before.split('/').slice(0, -1)];
  while (to.length > 0 && from.length > 0 && to.at(-1) === from.at(-1)) {
    to.pop();
    from.pop();
  }
  const [one, other] = [to, from].map((parts) => parts.map((part) => `${part}/`).join(''));
  return one === undefined || other === undefined || one === other ? [] : [[one, other]];
}

/** Earlier units, and those with whose changes an agent merged the work before. */
export function withMerged(
  run: Pick<Scope, 'asked'>,
  earlier: readonly Earlier[],
  merged: readonly MergedWith[],
): readonly Earlier[] {
  const { byId } = askedFor(run.asked.units);
  const before = merged.flatMap(({ unit: id, commit }) => {
    const unit = byId.get(id);
    return unit === undefined || earlier.some((one) => one.unit.id === id) ? [] : [{ unit, commit }];
  });
  return [...earlier, ...before];
}

/** What reviewers confirmed of earlier units counts as long as what they quoted is unchanged. */
export async function rememberReviews(
  run: Target & Pick<Books, 'database'>,
  confirmed: ConfirmedReviews,
  earlier: readonly Earlier[],
): Promise<void> {
  for (const { unit, commit } of earlier) {
    const change = {
      before: await treeOf(run.repository, `${commit}^`),
      after: await treeOf(run.repository, commit),
    };
    for (const { kind, position, text, evidence } of readVerdicts(run.database, unit)) {
      const claim = unit.criteria.find((one) => one.position === position && one.text === text);
      if (kind !== 'claim' || claim === undefined) continue;
      for (const review of evidence)
        if (review.kind === 'review' && review.lens !== undefined)
          await confirmed.add(subjectOf(unit, review.lens, inGroup(claim)), change, review);
    }
  }
}

/** The part of an event on files that were merged although git saw a conflict. */
export function joinedOf(
  { joined }: { readonly joined: readonly string[] },
  earlier: readonly Earlier[],
): { readonly joined?: Joined } {
  return joined.length === 0 ? {} : { joined: { files: joined, with: earlier.map(({ unit }) => unit.key) } };
}
