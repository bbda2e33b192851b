import { refused } from '../../model/refusal.ts';
import { readAttempts } from '../../queue/attempts.ts';
import { syncUnits } from '../../queue/sync.ts';
import { type KeptWork, readUnit, type UnitRow } from '../../queue/units.ts';
import { refreshReady, transition } from '../../queue/transitions.ts';
import { branchRef, checkBranch, isAncestor } from '../../repo/refs/branch.ts';
import { personName } from '../../repo/git/person.ts';
import { readRef } from '../../repo/refs/refs.ts';
import { makeUndoCommit, recordOf } from '../../repo/landings/land.ts';
import { moveRecorded } from '../../repo/landings/landings.ts';
import { commitTree, treeOf } from '../../repo/objects/tree.ts';
import { printableLine } from '../../util/text/printable.ts';
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
  specsPlace,
  usableSpecs,
} from '../project/project.ts';
import { dependedOn, rememberSight } from '../project/stamp.ts';
import { openQueue } from '../project/state-place.ts';
import { readTruth } from '../project/truth.ts';
import { mergeCommits } from '../project/spec-merge.ts';
import { findUnit } from './find-units.ts';

/** What came of an undo. */
export interface Undone {
  readonly key: string;
  readonly unit: string;
  /** The commit that was taken back, and the one that does it. */
  readonly landed: string;
  readonly commit: string;
  readonly branch: string;
  readonly state: UnitRow['state'];
}

/**
 * Takes a landed unit back: a commit on the branch that undoes its change and its ticks, judged by the project's checks
 * like everything that lands, and the unit is open again. Throws an `InputError` when later work builds on it, or the
 * branch would be red without it.
 */
export async function undoUnit(options: {
  readonly folder: string;
  readonly unit: string;
  readonly message: string;
  readonly into: string | null;
  readonly allowUnsandboxed: boolean;
  /** Digests of what the user agrees to in the configuration; null where they name none. */
  readonly trust: readonly string[] | null;
  /** Once it aborts, the checks end, and nothing is undone. */
  readonly signal: AbortSignal;
}): Promise<Undone> {
  const project = await openProject(options.folder, saidWith(options));
  requireConsent(project);
  const repository = await openTarget(project);
  await requireUnchanged(project);
  const specs = usableSpecs(project, await readProjectSpecs(project, repository));
  const branch = options.into ?? project.config.into;
  await checkBranch(repository, branch);
  const by = await personName(repository.root);
  const queueLock = await takeForWork(project, `a run is at work on ${options.folder}`, options.signal);
  const branchLock = (() => {
    try {
      return takeLock(branchLockFile(repository, branch), `a run is landing on ${branch} of ${repository.root}`);
    } catch (error) {
      queueLock.release();
      throw error;
    }
  })();
  const database = openQueue(project);
  try {
    const tip = await readRef(repository, branchRef(branch));
    const truth = await readTruth({ repository, tip, specsPath: specsPath(project, repository), units: specs.units });
    syncUnits(database, { units: specs.units, truth, at: Date.now(), run: null });
    applyLeftRequests(database, Date.now());
    rememberSight(database, dependedOn(project), null);
    const row = findUnit(database, options.unit);
    const landed = row.landedCommit;
    if (row.state !== 'done' || landed === null || tip === null || !(await isAncestor(repository, landed, tip))) {
      throw refused('not-landed', { key: row.spec.key, state: row.state, branch });
    }
    // What the commit changed, the other way round, as a commit on it: merged with the tip like any other work.
    const before = await treeOf(repository, `${landed}^1`);
    const reverse = await commitTree(repository, { tree: before, parents: [landed], message: 'Undo\n' });
    const merged = await mergeCommits(repository, specsPlace(project, repository), tip, reverse);
    if (merged.kind === 'conflict') {
      throw refused('undo-conflict', { key: row.spec.key, files: merged.files, branch });
    }
    await judgeUndone({ ...options, project, repository, database, row, branch, tree: merged.tree });
    const commit = await makeUndoCommit(repository, {
      tree: merged.tree,
      tip,
      title: `Undo "${printableLine(row.spec.title, 150)}"`,
      body: options.message,
      unit: row.spec.id,
      undone: landed,
    });
    const undone = { unit: row.spec.id, run: '', attempt: '', criteria: '', commit, tree: merged.tree, undone: landed };
    const record = recordOf(undone, { what: 'undone', at: Date.now(), by });
    if (!(await moveRecorded(repository, branch, commit, tip, record))) throw refused('branch-moved', { branch });
    const attempt = readAttempts(database, row.spec.id).at(-1);
    const keptWork: KeptWork | null = attempt
      ? {
          purpose: 'rebase',
          attempt: attempt.id,
          tree: merged.tree,
          commit,
          baseCommit: commit,
          baseTree: merged.tree,
          feedback: `This unit had landed, and ${by} took it back${options.message === '' ? '.' : `: ${options.message}`}`,
          approvals: [],
        }
      : null;
    database.write(() => {
      transition(database, Date.now(), null, {
        unit: row.spec.id,
        to: 'waiting',
        why: `undone by ${by}${options.message === '' ? '' : `: ${options.message}`}`,
        landedCommit: null,
        attempts: 0,
        keptWork,
      });
      refreshReady(database, Date.now(), null);
    });
    const state = readUnit(database, row.spec.id)?.state ?? 'waiting';
    return { key: row.spec.key, unit: row.spec.id, landed, commit, branch, state };
  } finally {
    database.close();
    branchLock.release();
    queueLock.release();
  }
}

/** Runs the project's checks on the branch without the unit; whatever the queue knows of it. */
async function judgeUndone(
  it: Parameters<typeof withCheckouts>[0] & { readonly project: Project; readonly row: UnitRow },
): Promise<void> {
  const { project, row, tree } = it;
  const checks = Object.values(project.config.checks);
  if (checks.length === 0) return;
  await withCheckouts(it, async (checkouts) => {
    for (const command of checks) {
      const of = { unit: row.spec.id, attempt: null };
      const check = { command, cwd: '' };
      const end = await runPatiently((again) => checkouts.check(tree, check, 'candidate', of, { again }));
      const outcome = readOutcome(end);
      if (outcome.kind === 'green') continue;
      if (outcome.kind === 'unclear') throw refused('undo-unclear', { key: row.spec.key, command, why: outcome.why });
      throw refused('undo-red', {
        key: row.spec.key,
        command,
        end: printableLine(end.excerpt.slice(-300), 300),
      });
    }
  });
}
