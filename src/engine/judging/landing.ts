import { lineCounts } from '../../repo/objects/diff.ts';
import type { Verdict } from '../../model/evidence.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { type AttemptRow, readAttempt, recordLandingIntent } from '../../queue/attempts.ts';
import { branchRef, isAncestor } from '../../repo/refs/branch.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { makeLandingCommit, readLandingCommit, recordOf, type Trailers } from '../../repo/landings/land.ts';
import { addRecords, moveRecorded, readRecords } from '../../repo/landings/landings.ts';
import type { Place } from '../../repo/landings/places.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { describeJoined } from '../../model/joined.ts';
import { failpoint } from '../../util/failpoint.ts';
import { printableLine } from '../../util/text/printable.ts';
import { keptEvidence } from '../project/kept-evidence.ts';
import { placeOf } from '../project/specs-place.ts';
import { tellUnticked } from '../project/tick-edits.ts';
import { joinedOf } from './earlier.ts';
import { addedTodos } from './left-todos.ts';
import { proposeLeft } from './left-work.ts';
import { lockfileChanges } from './lockfiles.ts';
import type { Built, Context, Judged, JudgingRun, Work } from './work.ts';

/** Makes the commit that lands a candidate: exactly its tree, on exactly the commit that it was made on. */
export async function landingCommit(
  { run, unit, work }: Context,
  { candidate, joinedWith }: Built,
  described: string | null,
): Promise<string> {
  run.end.signal.throwIfAborted();
  failpoint('landing commit');
  return makeLandingCommit(run.repository, {
    tree: candidate.tree,
    tip: candidate.tip,
    title: printableLine(unit.title, 200),
    body: [...(described === null ? [] : [described, '']), judgedOn(unit, candidate, joinedWith)].join('\n'),
    trailers: trailersOf(run, unit, work),
  });
}

/** What a landing's message says of its judgement. */
function judgedOn(unit: UnitSpec, candidate: Built['candidate'], earlier: Built['joinedWith']): string {
  const count = unit.criteria.length;
  const criteria = `${count === 1 ? 'One criterion was' : `${count} criteria were`} judged on exactly this tree.`;
  const { joined } = joinedOf(candidate, earlier);
  const merged = joined === undefined ? '' : printableLine(describeJoined(joined), 1000);
  const others =
    earlier.length === 0 ? '' : `; what ${earlier.length === 1 ? 'that asks' : 'those ask'} for was judged, too`;
  return merged === '' ? criteria : `${criteria}\nIt was ${merged}${others}.`;
}

function trailersOf({ id }: Pick<JudgingRun, 'id'>, unit: UnitSpec, { attempt }: Work): Trailers {
  return { unit: unit.id, run: id, attempt, criteria: unit.criteriaHash };
}

/** Lands a judged candidate: moves the branch from the tip that it was judged on to its commit. False if it has moved. */
export async function land(
  { run, unit, work }: Context,
  { built: { candidate, joinedWith }, verdict }: Judged,
  commit: string,
): Promise<boolean> {
  run.end.signal.throwIfAborted();
  // Collected first, so that nothing happens between moving the branch and recording it.
  const lines = await lineCounts(run.repository, candidate.tipTree, candidate.untickedTree);
  const locks = await lockfileChanges(run.repository, candidate.tipTree, candidate.tree, candidate.files);
  const todos = await addedTodos(run.repository, candidate.tipTree, candidate.untickedTree, candidate.files);
  run.end.signal.throwIfAborted();
  // The intent is recorded first: after any failure, git is asked whether this commit became reachable.
  recordLandingIntent(run.database, work.attempt, commit);
  failpoint('land');
  const record = recordOf(
    { ...trailersOf(run, unit, work), commit, tree: candidate.tree, undone: '' },
    { what: 'landed', at: run.clock.now(), judged: evidenceInShort(verdict), ...placeOf(run.specsPath, unit) },
  );
  const evidence = keptEvidence(verdict.criteria);
  if (!(await moveRecorded(run.repository, run.settings.branch, commit, candidate.tip, record, evidence))) return false;
  failpoint('landed');
  run.emit({
    type: 'landed',
    unit: unit.id,
    attempt: work.attempt,
    commit,
    tree: candidate.tree,
    files: candidate.files,
    linesAdded: lines.added,
    linesRemoved: lines.removed,
    testsAdded: testsAdded(verdict),
    ...joinedOf(candidate, joinedWith),
  });
  for (const change of locks) run.emit({ type: 'notice', text: `${unit.key}: ${printableLine(change, 1000)}` });
  await tellUnticked(run, run.repository, run.specsPath, unit, candidate.tree);
  // Whoever finds this landing unfinished proposes the same from its commit.
  proposeLeft(run, unit, todos);
  return true;
}

/** The commit that an attempt landed, by the branch's history; null if it landed none. Adds a missing record. */
export async function landingOf(
  { landingCommit: commit }: Pick<AttemptRow, 'landingCommit'>,
  of: {
    readonly repository: Repository;
    readonly branch: string | null;
    readonly at: number;
    readonly place: Place;
  },
): Promise<string | null> {
  const { repository, branch, at, place } = of;
  const tip = commit === null || branch === null ? null : await readRef(repository, branchRef(branch));
  if (commit === null || tip === null || !(await isAncestor(repository, commit, tip))) return null;
  await recordLanding(repository, commit, at, place);
  return commit;
}

/** The same for an attempt of the active run, re-reading its row. */
export async function landedMeanwhile(run: JudgingRun, attempt: AttemptRow, unit: UnitSpec): Promise<string | null> {
  const row = readAttempt(run.database, attempt.id);
  const { repository, clock, settings } = run;
  return row
    ? landingOf(row, {
        ...{ repository, branch: settings.branch, at: clock.now() },
        place: placeOf(run.specsPath, unit),
      })
    : null;
}

/** Adds the record that is missing if git was killed between moving the two refs. */
async function recordLanding(repository: Repository, commit: string, at: number, place: Place): Promise<void> {
  if ((await readRecords(repository)).some((record) => record.commit === commit && record.what === 'landed')) return;
  const landed = await readLandingCommit(repository, commit);
  if (landed) await addRecords(repository, [recordOf(landed, { what: 'landed', at, ...place })]);
}

/** The evidence of a landing's record, in short. */
function evidenceInShort(verdict: Verdict): string {
  const count = (role: 'proof' | 'guard'): number => verdict.criteria.filter((one) => one.role === role).length;
  const tiers = verdict.criteria.flatMap((one) =>
    one.evidence.flatMap((evidence) => ('tier' in evidence ? evidence.tier : [])),
  );
  const met = verdict.criteria.filter((one) => one.verdict === 'met').length;
  return `${met} met, ${count('proof')} proofs, ${count('guard')} guards, tier ${[...new Set(tiers)].join('+') || 'none'}`;
}

/** Tests that run after the change and did not before; null unless a known runner counted both. */
function testsAdded(verdict: Verdict): number | null {
  let total: number | null = null;
  for (const criterion of verdict.criteria) {
    const before = criterion.evidence.find((evidence) => evidence.kind === 'command' && evidence.on === 'base');
    const after = criterion.evidence.find((evidence) => evidence.kind === 'command' && evidence.on === 'candidate');
    if (criterion.kind !== 'check' || after?.kind !== 'command' || after.testsRun === null) continue;
    const known = before?.kind === 'command' && criterion.note === null ? (before.testsRun ?? 0) : 0;
    total = (total ?? 0) + Math.max(0, after.testsRun - known);
  }
  return total;
}
