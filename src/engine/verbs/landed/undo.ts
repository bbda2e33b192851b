import { refused } from '../../../model/refusal.ts';
import { readAttempts } from '../../../queue/attempts.ts';
import { type KeptWork, readUnit, type UnitRow } from '../../../queue/units.ts';
import { refreshReady, transition } from '../../../queue/transitions.ts';
import { branchRef, isAncestor } from '../../../repo/refs/branch.ts';
import { readRef, RefsBlocked } from '../../../repo/refs/refs.ts';
import { makeUndoCommit, recordOf } from '../../../repo/landings/land.ts';
import { moveRecorded } from '../../../repo/landings/landings.ts';
import { commitTree, treeOf } from '../../../repo/objects/tree.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { readOutcome, runPatiently } from '../../../verify/runs/outcome.ts';
import { withCheckouts } from '../../checks/apart.ts';
import { requireConsent, saidWith } from '../../consent/consent.ts';
import { tickApart } from '../../judging/apart-ticks.ts';
import { openProject, specsPlace } from '../../project/project.ts';
import { mergeCommits } from '../../project/spec-merge.ts';
import { placeOf } from '../../project/specs-place.ts';
import { isUntickRefused } from '../../project/tick-edits.ts';
import { findUnit } from '../queue/find-units.ts';
import { syncWith, type Taken, withBranch, workInput } from '../queue/take-branch.ts';
import { verb } from '../verb.ts';

/** What came of an undo. */
export interface Undone {
  readonly kind: 'undo';
  readonly key: string;
  readonly unit: string;
  /** The commit that was taken back, and the one that does it. */
  readonly landed: string;
  readonly commit: string;
  readonly branch: string;
  readonly state: UnitRow['state'];
}

/**
 * Reverts a landed unit: a commit on the branch that undoes its change and its ticks, judged by the project's checks
 * like everything that lands, and the unit is open again. Refuses when later work builds on it, or the branch would be
 * red without it.
 */
export const undo = verb(
  (z) => z.strictObject({ ...workInput(z), unit: z.string(), message: z.string().default('') }),
  async (asker, request, { signal }) => {
    const project = await openProject(asker, request.folder, saidWith(request));
    requireConsent(project);
    return withBranch(project, { ...request, other: 'a run', signal }, async (taken): Promise<Undone> => {
      const { repository, branch, database } = taken;
      const tip = await readRef(repository, branchRef(branch));
      await syncWith(taken, tip);
      const because = request.message === '' ? '' : `: ${request.message}`;
      const row = findUnit(database, request.unit);
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
      const { allowUnsandboxed } = request;
      await judgeUndone({ ...taken, allowUnsandboxed, signal, row, tree: merged.tree });
      const commit = await makeUndoCommit(repository, {
        tree: merged.tree,
        tip,
        title: `Undo "${printableLine(row.spec.title, 150)}"`,
        body: request.message,
        unit: row.spec.id,
        undone: landed,
      });
      const undone = {
        unit: row.spec.id,
        run: '',
        attempt: '',
        criteria: '',
        commit,
        tree: merged.tree,
        undone: landed,
      };
      const place = placeOf(specsPlace(project, repository).path, row.spec);
      const record = recordOf(undone, { what: 'undone', at: Date.now(), by: asker.name, ...place });
      if (!(await moveRecorded(repository, branch, commit, tip, record))) throw refused('branch-moved', { branch });
      await untick(taken, row.spec, landed);
      await tellTicked(taken, row.spec);
      const attempt = readAttempts(database, row.spec.id).at(-1);
      const keptWork: KeptWork | null = attempt
        ? {
            purpose: 'rebase',
            attempt: attempt.id,
            tree: merged.tree,
            commit,
            baseCommit: commit,
            baseTree: merged.tree,
            feedback: `This unit had landed, and ${asker.name} took it back${because || '.'}`,
            approvals: [],
          }
        : null;
      database.write(() => {
        transition(database, Date.now(), null, {
          unit: row.spec.id,
          to: 'waiting',
          why: `undone by ${asker.name}${because}`,
          landedCommit: null,
          attempts: 0,
          keptWork,
        });
        refreshReady(database, Date.now(), null);
      });
      const state = readUnit(database, row.spec.id)?.state ?? 'waiting';
      return { kind: 'undo', key: row.spec.key, unit: row.spec.id, landed, commit, branch, state };
    });
  },
);

/** Opens the unit's boxes where the specs are in a repository of their own; if that fails, the next run does. */
async function untick({ ticks, branch, project }: Taken, unit: UnitRow['spec'], commit: string): Promise<void> {
  if (ticks.kind !== 'apart') return;
  try {
    await tickApart(ticks, { branch, unticked: [{ unit, commit }], run: null });
  } catch (error) {
    if (!(error instanceof RefsBlocked)) throw error;
    project.asker.notice?.(
      `Its boxes in ${ticks.repository.root} are still ticked (${error.message}); "backlog run" opens them.`,
    );
  }
}

/** Tells of marks of an undone unit that could not be opened, since its files would read as something else without them. */
async function tellTicked({ ticks, branch, project, repository }: Taken, unit: UnitRow['spec']): Promise<void> {
  const place = ticks.kind === 'apart' ? ticks : { repository, path: specsPlace(project, repository).path };
  const tip = await readRef(place.repository, branchRef(branch));
  if (tip === null || !(await isUntickRefused(place.repository, place.path, unit, tip))) return;
  const text = `${unit.key} is still marked as done in ${unit.file} on ${branch}, where its mark cannot be opened without changing more. Mark it as open there, and commit that.`;
  project.asker.notice?.(printableLine(text, 1000));
}

/** Runs the project's checks on the branch without the unit. */
async function judgeUndone(it: Parameters<typeof withCheckouts>[0] & Taken & { readonly row: UnitRow }): Promise<void> {
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
