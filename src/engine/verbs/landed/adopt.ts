import { refused } from '../../../model/refusal.ts';
import type { UnitSpec } from '../../../model/unit.ts';
import type { Truth } from '../../../queue/sync.ts';
import { branchRef } from '../../../repo/refs/branch.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import { readLandingCommit, recordOf, type TrailerCommit } from '../../../repo/landings/land.ts';
import { addRecords, uniteRecords } from '../../../repo/landings/landings.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import { treeOf } from '../../../repo/objects/tree.ts';
import { checkOfUnit } from '../../../verify/judge-context.ts';
import { readOutcome, runPatiently } from '../../../verify/runs/outcome.ts';
import { withCheckouts } from '../../checks/apart.ts';
import { requireConsent, saidWith } from '../../consent/consent.ts';
import { openProject, specsPath } from '../../project/project.ts';
import { placeOf } from '../../project/specs-place.ts';
import { syncWith, type Taken, withBranch, workInput } from '../queue/take-branch.ts';
import { verb } from '../verb.ts';

/** A unit that is done according to the branch, without a record that confirms it. */
export interface Claimed {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  /** The commit that says so; null where only boxes are ticked. */
  readonly commit: Pick<TrailerCommit, 'commit' | 'author' | 'date' | 'title'> | null;
  /** How the unit's own checks end on the branch as it is; `not-run`: it has none, or they were not run. */
  readonly checks: 'green' | 'red' | 'not-run';
  /** What is red. */
  readonly why: string | null;
  readonly answer: 'adopted' | 'refused' | 'waits';
}

/** What the branch claims, and how each claim was answered. */
export interface Adopted {
  readonly kind: 'adopt';
  readonly branch: string;
  readonly claims: readonly Claimed[];
  readonly waiting: number;
}

/** Shows claims of a branch, and records how a person answers them. Runs no agent, moves no branch. */
export const adopt = verb(
  (z) =>
    z.strictObject({
      ...workInput(z),
      /** Keys or ids of the units that are meant; `all`: each whose checks are not red. Empty: they are only shown. */
      units: z.union([z.literal('all'), z.array(z.string()).readonly()]).default([]),
      /** True: the commits count for nothing, and the units are open again. */
      isRefusal: z.boolean().default(false),
      /** A ref that holds the records of another clone; null for none. */
      recordsFrom: z.string().nullable().default(null),
      withChecks: z.boolean().default(true),
    }),
  async (asker, request, { signal }) => {
    const project = await openProject(asker, request.folder, saidWith(request));
    requireConsent(project);
    return withBranch(project, { ...request, other: 'a run', signal }, async (taken): Promise<Adopted> => {
      const { repository, branch, specs } = taken;
      if (request.recordsFrom !== null) await uniteRecords(repository, request.recordsFrom);
      const tip = (await readRef(repository, branchRef(branch))) ?? repository.head; // where the branch will begin
      const open = await claimsOf(repository, specs.units, await syncWith(taken, tip));
      const named = chosen(request.units, open);
      const isChecked = request.withChecks && open.length > 0;
      const { allowUnsandboxed } = request;
      const ends = isChecked ? await runChecks({ ...taken, allowUnsandboxed, signal }, tip, open) : [];
      const answers: Claimed[] = [];
      const records: Parameters<typeof addRecords>[1][number][] = [];
      for (const [index, { unit, commit }] of open.entries()) {
        const end = ends[index] ?? { checks: 'not-run', why: null };
        const isMeant = request.units === 'all' ? request.isRefusal || end.checks !== 'red' : named.has(unit.id);
        const what = request.isRefusal ? 'refused' : 'adopted';
        if (isMeant && commit)
          records.push(
            recordOf(commit, {
              ...{ what, at: Date.now(), by: asker.name, judged: end.checks },
              ...placeOf(specsPath(project, repository), unit),
            }),
          );
        answers.push({
          ...{ id: unit.id, key: unit.key, title: unit.title, ...end },
          commit: commit && { commit: commit.commit, author: commit.author, date: commit.date, title: commit.title },
          answer: isMeant && commit ? what : 'waits',
        });
      }
      await addRecords(repository, records);
      if (records.length > 0) await syncWith(taken, tip);
      const waiting = answers.filter((one) => one.answer === 'waits').length;
      return { kind: 'adopt', branch, claims: answers, waiting };
    });
  },
);

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

/** The units that are named. Refuses one that nothing is claimed of, or that no record can be made for. */
function chosen(units: readonly string[] | 'all', open: readonly Open[]): ReadonlySet<string> {
  if (units === 'all') return new Set();
  const found = units.map((name) => {
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
  it: Taken & { readonly allowUnsandboxed: boolean; readonly signal: AbortSignal },
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
