import { randomBytes } from 'node:crypto';
import { mergeBrief, type MergeInput } from '../../agents/words/brief.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { mergedOn } from '../../queue/attempts.ts';
import type { KeptWork } from '../../queue/units.ts';
import { diffText } from '../../repo/objects/diff.ts';
import { changedPaths, editTree, entryAt, readTreeFile, treeOf } from '../../repo/objects/tree.ts';
import { failpoint } from '../../util/failpoint.ts';
import { opensByName } from '../../verify/files/protect.ts';
import { askedFor } from '../context/scope.ts';
import { earlierUnits } from '../judging/earlier.ts';
import type { OrderJob } from '../jobs/job.ts';
import type { JudgingRun } from '../judging/work.ts';
import { mergeWork } from '../project/spec-merge.ts';
import { claimsOf, filesAmong, pathOf, specsPlaceOf } from '../project/specs-place.ts';
import { type Driving, move } from './driving.ts';

/** Bytes of what landed, or of the work, in a brief. */
export const maxDiffBytes = 60_000;

/** A conflict, ready for an agent that resolves it. */
export interface Merging {
  /** The tip with the work merged, with conflict markers. */
  readonly tree: string;
  /** The tree of the tip. */
  readonly tip: string;
  /** Files with conflict markers. */
  readonly files: readonly string[];
  readonly kept: KeptWork;
  readonly input: MergeInput;
}

/** Merges work that conflicted onto a commit, for an agent. The specs are those of the commit: the work's own are put back anyway. */
export async function openMerge(run: JudgingRun, unit: UnitSpec, kept: KeptWork, tip: string): Promise<Merging> {
  const { repository } = run;
  const tipTree = await treeOf(repository, tip);
  const merged = await mergeWork(repository, specsPlaceOf(run), tip, kept.commit);
  const specs = await specsIn(run, unit, tipTree, merged.tree);
  const edits = specs.map(async (path) => ({ path, entry: await entryAt(repository, tipTree, path) }));
  const tree = await editTree(repository, merged.tree, await Promise.all(edits));
  const files = merged.kind === 'conflict' ? merged.files.filter((file) => !specs.includes(file)) : [];
  const own = (await changedPaths(repository, kept.baseTree, kept.tree)).map(({ path }) => path);
  const since = await earlierUnits(
    run,
    { from: kept.baseCommit, to: tip, work: kept.tree },
    files.length > 0 ? files : own,
  );
  const mergedWith = new Map([
    ...(kept.mergedWith ?? []).map((one) => [one.unit, one] as const),
    ...since.map((one) => [one.unit.id, { unit: one.unit.id, commit: one.commit }] as const),
  ]);
  const { byId } = askedFor(run.asked.units);
  return {
    tree,
    tip: tipTree,
    files,
    kept: { ...kept, mergedWith: [...mergedWith.values()] },
    input: {
      unit,
      files,
      others: [...mergedWith.keys()].flatMap((id) => byId.get(id) ?? []),
      landed: await diffText(repository, kept.baseTree, tipTree, maxDiffBytes),
      own: await diffText(repository, kept.baseTree, kept.tree, maxDiffBytes),
      evidence: kept.feedback,
    },
  };
}

/** The specs among the paths that differ, without those that the unit was asked to write. */
async function specsIn(run: JudgingRun, unit: UnitSpec, before: string, after: string): Promise<string[]> {
  const place = specsPlaceOf(run);
  const changed = (await changedPaths(run.repository, before, after)).map(({ path }) => path);
  const claims = await claimsOf(run.repository, place, [before, after], filesAmong(place, changed));
  const claimed = new Set(claims.flatMap(({ files }) => files.map((file) => pathOf(place.path ?? '', file))));
  return changed.filter((path) => claimed.has(path) && !opensByName(unit.touches, path));
}

/** Lets an attempt go on with its work merged onto the tip: from now on that is its base. */
export async function goOnMerging(it: Driving, merging: Merging, tip: string): Promise<Driving> {
  const { run } = it.driver;
  const { id } = it.attempt;
  failpoint('merge');
  const base = { baseCommit: tip, baseTree: await treeOf(run.repository, tip) };
  const conflicts = it.row.conflicts + 1;
  run.database.write(() => {
    mergedOn(run.database, id, { at: run.clock.now(), ...base });
    move(it, { to: 'working', why: 'resolving a conflict', keptWork: merging.kept, conflicts });
  });
  return { ...it, attempt: { ...it.attempt, ...base }, row: { ...it.row, keptWork: merging.kept, conflicts } };
}

/** Keeps what an attempt that begins with a merge is judged with, too. */
export function keptForMerge(it: Driving, { kept }: Merging): Driving {
  it.driver.run.database.write(() => move(it, { to: 'working', keptWork: kept }));
  return { ...it, row: { ...it.row, keptWork: kept } };
}

/** The next round of an attempt that goes on with a merge: its session, in a new workspace. */
export function jobToMerge(
  job: OrderJob,
  merging: Merging,
  { attempt: { baseCommit, baseTree } }: Driving,
  next: Pick<OrderJob, 'session' | 'limits'> & { readonly web: boolean },
): OrderJob {
  const { session, limits, web } = next;
  return {
    ...job,
    ...{ round: job.round + 1, session, limits, tree: merging.tree, tip: baseCommit },
    brief: mergeBrief(job.brief, merging.input, randomBytes(6).toString('hex'), web),
    workspace: job.workspace && { ...job.workspace, baseCommit, baseTree, isAnew: true },
  };
}

/**
 * The files in which an agent left conflict markers: any line that begins like one of git's, in any file that differs from
 * both sides, unless a version of either side had the line before the merge.
 */
export async function leftMarkers(run: JudgingRun, merging: Merging | null, tree: string): Promise<string[]> {
  if (merging === null || merging.files.length === 0) return [];
  const { repository } = run;
  const { kept, tip } = merging;
  const fromWork = new Set((await changedPaths(repository, kept.tree, tree)).map((change) => change.path));
  const changes = await changedPaths(repository, tip, tree);
  const found = new Map<string, readonly string[]>();
  for (const { path: file, after } of changes) {
    if (after === null || !after.mode.startsWith('100') || !fromWork.has(file)) continue;
    const lines = markersIn(await readTreeFile(repository, tree, file));
    if (lines.length > 0) found.set(file, lines);
  }
  if (found.size === 0) return [];
  // Either side may have the file under another name.
  const files = new Set([...found.keys(), ...(await changedPaths(repository, tip, kept.tree)).map(({ path }) => path)]);
  const known = new Set<string>();
  for (const tree of [tip, kept.tree, kept.baseTree])
    for (const file of files) for (const line of markersIn(await readTreeFile(repository, tree, file))) known.add(line);
  return [...found].flatMap(([file, lines]) => (lines.some((line) => !known.has(line)) ? [file] : []));
}

const marks = ['<<<<<<<', '>>>>>>>', '|||||||'];

/**
 * Lines that begin like those that git writes around a conflict, seven characters or more where renames meet; between them,
 * equals signs also underline titles.
 */
function markersIn(bytes: Buffer | null): string[] {
  if (bytes === null || !marks.some((mark) => bytes.includes(mark))) return [];
  const lines = bytes.toString('latin1').split(/\r\n|\r|\n/);
  return lines.filter((line) => /^(?:<{7,}|>{7,}|\|{7,})(?:$|\s)/.test(line));
}
