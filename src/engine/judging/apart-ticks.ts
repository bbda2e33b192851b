import { InputError } from '../../model/diagnostic.ts';
import { listSome } from '../../model/list-some.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { makeTickCommit } from '../../repo/landings/tickings.ts';
import { editTree, treeOf } from '../../repo/objects/tree.ts';
import { branchRef } from '../../repo/refs/branch.ts';
import { mergeRef, readRef, RefsBlocked } from '../../repo/refs/refs.ts';
import { readTicks } from '../../specs/ticks/tick.ts';
import { failpoint } from '../../util/failpoint.ts';
import { plural } from '../../util/text/plural.ts';
import type { TicksApart } from '../context/tick-place.ts';
import { sourcesIn } from '../project/specs-place.ts';
import { tellUnticked, tickabilityIn, tickEdits, untickEdits } from '../project/tick-edits.ts';
import type { JudgingRun } from './work.ts';

/*
 * Ticks in the specs' own repository, where the target is another one. A tick is a consequence of a recorded landing: it is
 * written after it, and whatever a crash or another process prevented is written by the next run.
 */

/** A unit, and its landing in the target. */
export interface Landed {
  readonly unit: UnitSpec;
  readonly commit: string;
}

/** What is to be set right on a branch of the specs' repository. */
export interface ApartChange {
  readonly branch: string;
  /** Units to tick, and undone ones to open. */
  readonly ticked?: readonly Landed[];
  readonly unticked?: readonly Landed[];
  /** Null outside of a run. */
  readonly run: string | null;
}

/**
 * Commits ticks to the branch in the specs' repository, on top of whatever is there; creates it at HEAD. Units whose text is
 * not there are left out until it is, and those that cannot be ticked. Returns the keys of the others.
 */
export async function tickApart({ repository, path }: TicksApart, change: ApartChange): Promise<readonly string[]> {
  const { branch, run } = change;
  const ref = branchRef(branch);
  const tip = (await readRef(repository, ref)) ?? repository.head;
  const isThere = async ({ unit }: Landed): Promise<boolean> =>
    unit.forEachFile === null &&
    (await readTicks(await sourcesIn(repository, path, tip, unit.files), unit.format)).of(unit) !== null;
  const isTickable = async ({ unit }: Landed): Promise<boolean> => {
    const does = await tickabilityIn(repository, path, unit, tip);
    return does === 'possible' || does === 'done';
  };
  const ticked = await filtered(change.ticked ?? [], isTickable);
  const unticked = await filtered(change.unticked ?? [], isThere);
  const keys = [...ticked, ...unticked].map(({ unit }) => unit.key);
  if (keys.length === 0) return keys;
  const verb =
    unticked.length === 0 ? 'Tick what landed' : ticked.length === 0 ? 'Untick what was undone' : 'Tick anew';
  failpoint('tick apart');
  await mergeRef(repository, ref, async (now) => {
    const on = now ?? repository.head;
    const before = await treeOf(repository, on);
    let tree = before;
    for (const { unit } of ticked)
      tree = await editTree(repository, tree, await tickEdits(repository, path, unit, tree));
    for (const { unit } of unticked)
      tree = await editTree(repository, tree, await untickEdits(repository, path, unit, tree));
    if (tree === before) return on; // what was ticked already, or is refused by what the branch has by now
    return makeTickCommit(repository, {
      ...{ tree, tip: on, run, title: `${verb}: ${listSome(keys, 3)}` },
      ticked: ticked.map(({ commit }) => commit),
      unticked: unticked.map(({ commit }) => commit),
    });
  });
  failpoint('ticked apart');
  return keys;
}

async function filtered<T>(all: readonly T[], isWanted: (one: T) => Promise<boolean>): Promise<T[]> {
  const wanted: T[] = [];
  for (const one of all) if (await isWanted(one)) wanted.push(one);
  return wanted;
}

/** Does it for a run, which goes on if it cannot be done now: the units have landed, and the next run ticks them. */
export async function tickApartInRun(
  run: Pick<JudgingRun, 'id' | 'settings' | 'emit'>,
  place: TicksApart,
  of: Pick<ApartChange, 'ticked' | 'unticked'>,
): Promise<readonly string[]> {
  const what = plural((of.ticked ?? []).length + (of.unticked ?? []).length, 'unit');
  const { repository, path } = place;
  const { branch } = run.settings;
  const keys = await orLater(run, `The boxes of ${what} could not be written to ${repository.root}`, [], async () =>
    tickApart(place, { ...of, branch, run: run.id }),
  );
  const tip = (await readRef(repository, branchRef(branch))) ?? repository.head;
  for (const { unit } of of.ticked ?? []) await tellUnticked(run, repository, path, unit, tip);
  return keys;
}

/** Does something in the specs' repository; what another process or the user has in the way there is told. */
export async function orLater<T>(
  run: Pick<JudgingRun, 'emit'>,
  failed: string,
  otherwise: T,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof InputError) && !(error instanceof RefsBlocked)) throw error;
    const hints = error.diagnostics.flatMap(({ hint }) => hint ?? []);
    run.emit({
      type: 'notice',
      text: [`${failed}: ${error.message}.`, ...hints, 'The next run tries again.'].join(' '),
    });
    return otherwise;
  }
}
