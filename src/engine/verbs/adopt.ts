import { refused } from '../../model/refusal.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Database } from '../../queue/database.ts';
import { syncUnits, type Truth } from '../../queue/sync.ts';
import { branchRef, checkBranch } from '../../repo/refs/branch.ts';
import { personName } from '../../repo/git/person.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { readLandingCommit, recordOf, type TrailerCommit } from '../../repo/landings/land.ts';
import { addRecords, uniteRecords } from '../../repo/landings/landings.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { checkOfUnit } from '../../verify/judge-context.ts';
import { readOutcome, runPatiently } from '../../verify/outcome.ts';
import { withCheckouts } from '../checks/apart.ts';
import { requireConsent, saidWith } from '../consent/consent.ts';
import { applyLeftRequests } from '../run/left-requests.ts';
import { branchLockFile, takeForWork, takeLock } from '../project/locks.ts';
import {
  openProject,
  openTarget,
  type Project,
  readProjectSpecs,
  requireUnchanged,
  specsPath,
  usableSpecs,
} from '../project/project.ts';
import { dependedOn, rememberSight } from '../project/stamp.ts';
import { openQueue } from '../project/state-place.ts';
import { readTruth } from '../project/truth.ts';

/** A unit of which the branch says that it is done, with nobody yet who answers for it. */
export interface Claimed {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  /** The commit that says so; null where only boxes are ticked. */
  readonly commit: Pick<TrailerCommit, 'commit' | 'author' | 'date' | 'title'> | null;
  /** How the unit's own checks end on the branch as it is; `not-run`: it has none, or nobody ran them. */
  readonly checks: 'green' | 'red' | 'not-run';
  /** What is red. */
  readonly why: string | null;
  readonly answer: 'adopted' | 'refused' | 'waits';
}

/** What a person says of claims. */
export interface AdoptRequest {
  /** Once it aborts, the checks end, and nothing is recorded. */
  readonly signal: AbortSignal;
  readonly folder: string;
  readonly into: string | null;
  /** Keys or ids of the units that are meant; `all`: each whose checks are not red. Empty: they are only shown. */
  readonly units: readonly string[] | 'all';
  /** True: the commits count for nothing, and the units are open again. */
  readonly isRefusal: boolean;
  /** A ref that holds the records of another clone; null for none. */
  readonly recordsFrom: string | null;
  readonly withChecks: boolean;
  readonly allowUnsandboxed: boolean;
  /** Digests of what the user agrees to in the configuration; null where they name none. */
  readonly trust: readonly string[] | null;
}

/** What the branch claims, and what was said of it. */
export interface Adopted {
  readonly branch: string;
  readonly claims: readonly Claimed[];
  readonly waiting: number;
}

/** Shows what a branch only says, and records what a person answers. Runs no agent, moves no branch. */
export async function adopt(request: AdoptRequest): Promise<Adopted> {
  const project = await openProject(request.folder, saidWith(request));
  requireConsent(project);
  const repository = await openTarget(project);
  await requireUnchanged(project);
  const { units } = usableSpecs(project, await readProjectSpecs(project, repository));
  const branch = request.into ?? project.config.into;
  await checkBranch(repository, branch);
  const by = await personName(repository.root);
  const queueLock = await takeForWork(project, `a run is at work on ${request.folder}`, null);
  let database: Database | null = null;
  try {
    const branchLock = takeLock(branchLockFile(repository, branch), `a run is landing on ${branch}`);
    try {
      database = openQueue(project);
      if (request.recordsFrom !== null) await uniteRecords(repository, request.recordsFrom);
      const tip = (await readRef(repository, branchRef(branch))) ?? repository.head; // where the branch will begin
      const look = { repository, tip, specsPath: specsPath(project, repository), units };
      const bringUpToDate = async (queue: Database): Promise<(unit: UnitSpec) => Truth> => {
        const truth = await readTruth(look);
        syncUnits(queue, { units, truth, at: Date.now(), run: null });
        applyLeftRequests(queue, Date.now());
        rememberSight(queue, dependedOn(project), null);
        return truth;
      };
      const truth = await bringUpToDate(database);
      const open = await claimsOf(repository, units, truth);
      const named = chosen(request, open);
      const isChecked = request.withChecks && open.length > 0;
      const ends = isChecked ? await runChecks({ ...request, project, repository, database, branch }, tip, open) : [];
      const answers: Claimed[] = [];
      const records: Parameters<typeof addRecords>[1][number][] = [];
      for (const [index, { unit, commit }] of open.entries()) {
        const end = ends[index] ?? { checks: 'not-run', why: null };
        const isMeant = request.units === 'all' ? request.isRefusal || end.checks !== 'red' : named.has(unit.id);
        const what = request.isRefusal ? 'refused' : 'adopted';
        if (isMeant && commit) records.push(recordOf(commit, { what, at: Date.now(), by, judged: end.checks }));
        answers.push({
          ...{ id: unit.id, key: unit.key, title: unit.title, ...end },
          commit: commit && { commit: commit.commit, author: commit.author, date: commit.date, title: commit.title },
          answer: isMeant && commit ? what : 'waits',
        });
      }
      await addRecords(repository, records);
      if (records.length > 0) await bringUpToDate(database);
      return { branch, claims: answers, waiting: answers.filter((one) => one.answer === 'waits').length };
    } finally {
      branchLock.release();
    }
  } finally {
    database?.close();
    queueLock.release();
  }
}

interface Open {
  readonly unit: UnitSpec;
  readonly commit: TrailerCommit | null;
}

async function claimsOf(
  repository: Repository,
  units: readonly UnitSpec[],
  truth: (unit: UnitSpec) => Truth,
): Promise<Open[]> {
  const open: Open[] = [];
  for (const unit of units) {
    const said = truth(unit);
    if (said.isDone || said.claim === undefined) continue;
    open.push({ unit, commit: said.claim === 'ticks' ? null : await readLandingCommit(repository, said.claim) });
  }
  return open;
}

/** The units that are named. Throws an `InputError` for one that nothing is claimed of, or that no record can be made for. */
function chosen(request: AdoptRequest, open: readonly Open[]): ReadonlySet<string> {
  if (request.units === 'all') return new Set();
  const found = request.units.map((name) => {
    const one = open.find(
      ({ unit }) => unit.id === name.toLowerCase() || unit.key.toLowerCase() === name.toLowerCase(),
    );
    if (!one) throw refused('not-claimed', { name });
    if (one.commit === null) throw refused('ticks-alone', { key: one.unit.key, file: one.unit.file });
    return one.unit.id;
  });
  return new Set(found);
}

type End = Pick<Claimed, 'checks' | 'why'>;

async function runChecks(
  it: AdoptRequest & {
    readonly project: Project;
    readonly repository: Repository;
    readonly database: Database;
    readonly branch: string;
  },
  tip: string,
  open: readonly Open[],
): Promise<readonly End[]> {
  const tree = await treeOf(it.repository, tip);
  return withCheckouts({ ...it, tree }, async (checkouts) => {
    const ends: End[] = [];
    for (const { unit } of open) {
      let end: End = { checks: 'not-run', why: null };
      for (const { command, text } of unit.criteria) {
        if (command === null || end.checks === 'red') continue;
        const of = { unit: unit.id, attempt: null };
        const check = checkOfUnit(unit, command);
        const ended = await runPatiently((again) => checkouts.check(tree, check, 'candidate', of, { again }));
        const outcome = readOutcome(ended);
        if (outcome.kind === 'green') end = { checks: 'green', why: null };
        else
          end = { checks: 'red', why: `${text}: ${outcome.kind === 'red' ? ended.excerpt.slice(-300) : outcome.why}` };
      }
      ends.push(end);
    }
    return ends;
  });
}
