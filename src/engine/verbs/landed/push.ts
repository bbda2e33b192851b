import { inputError } from '../../../model/diagnostic.ts';
import { pushRefs, pushUrl, remotesOf } from '../../../repo/git/push.ts';
import { landingsRef } from '../../../repo/git/quick-refs.ts';
import type { Repository } from '../../../repo/git/repository.ts';
import { readLandingsOf } from '../../../repo/landings/land.ts';
import { branchRef, checkBranchName, isBranchName } from '../../../repo/refs/branch.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import { currentBranch } from '../../../repo/worktrees/working-tree.ts';
import { hostOf } from '../../hosts/host.ts';
import { proposalOf, type Proposed } from '../../hosts/proposal.ts';
import { ledgerRef } from '../../project/recovery-ledger.ts';
import { openProject, openTarget } from '../../project/project.ts';
import { latestReport } from '../looking/report.ts';
import { verb } from '../verb.ts';

/** What came of a push. */
export interface Pushed {
  readonly kind: 'push';
  readonly branch: string;
  readonly remote: string;
  /** False if there is no such branch: nothing landed yet. */
  readonly isPushed: boolean;
  /** Why the recovery data were not pushed; null if they were, or if there are none. */
  readonly ledger: string | null;
  /** The pull request; null if none was asked for, or if the branch has nothing that its base lacks. */
  readonly proposed: (Proposed & { readonly base: string }) | null;
}

/**
 * Pushes the branch that runs land on, in one step with the records of what landed, and the queue's recovery data. With
 * `pr` it opens a pull request to the base, or updates the open one. Nothing is forced but the recovery data, which have no history: they are those of whoever pushed last.
 */
export const push = verb(
  (z) =>
    z.strictObject({
      folder: z.string(),
      into: z.string().nullable().default(null),
      remote: z.string().default('origin'),
      pr: z.boolean().default(false),
      /** The branch that a pull request is for; null for the one that is checked out. */
      base: z.string().nullable().default(null),
    }),
  async (asker, { folder, into, remote, pr, base: named }, { signal }): Promise<Pushed> => {
    const project = await openProject(asker, folder);
    const repository = await openTarget(project);
    const branch = into ?? project.config.into;
    await checkBranchName(branch);
    const remotes = await remotesOf(repository);
    if (!remotes.includes(remote)) {
      const there =
        remotes.length === 0 ? 'There is none: "git remote add origin <url>".' : `There are: ${remotes.join(', ')}.`;
      throw inputError('no-remote', `there is no remote ${JSON.stringify(remote)}`, there);
    }
    const base = pr ? await baseOf(repository, named, branch) : null;
    const refs = [branchRef(branch), landingsRef];
    const there = await Promise.all(refs.map(async (ref) => readRef(repository, ref)));
    const pushed = { kind: 'push', branch, remote, ledger: null, proposed: null } as const;
    const [tip = null] = there;
    if (tip === null) return { ...pushed, isPushed: false };
    await pushOrThrow(
      repository,
      remote,
      refs.filter((_, at) => there[at] !== null),
      signal,
    );
    const hasLedger = (await readRef(repository, ledgerRef)) !== null;
    const ledger = hasLedger ? await pushRefs(repository, { remote, refs: [ledgerRef], isForced: true, signal }) : null;
    if (base === null) return { ...pushed, isPushed: true, ledger };
    const landed = await landedBetween(repository, base, tip);
    if (landed === 0) return { ...pushed, isPushed: true, ledger };
    const where = { url: (await pushUrl(repository, remote)) ?? '', env: asker.env, root: repository.root };
    const report = latestReport(project);
    const proposed = await hostOf(where)(proposalOf({ branch, base, landed, report }), signal);
    return { ...pushed, isPushed: true, ledger, proposed: { ...proposed, base } };
  },
);

async function pushOrThrow(
  repository: Repository,
  remote: string,
  refs: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const why = await pushRefs(repository, { remote, refs, signal });
  if (why === null) return;
  const isBehind = /\b(?:non-fast-forward|fetch first|stale info)\b/.test(why);
  throw inputError(
    'not-pushed',
    `${remote} did not take ${refs.join(' and ')}: ${why}`,
    isBehind
      ? `Something else landed there. Fetch it (git fetch ${remote}), and see "backlog adopt --records" and "backlog run".`
      : 'Nothing of it was pushed. Correct that, then run "backlog push".',
  );
}

/** The branch that a pull request is for: as named, else the one that is checked out, else that of the CI job. */
async function baseOf(repository: Repository, named: string | null, branch: string): Promise<string> {
  const { env } = repository;
  const base = named ?? (await currentBranch(repository)) ?? env['GITHUB_REF_NAME'] ?? env['CI_COMMIT_BRANCH'] ?? '';
  if (base === branch || !(await isBranchName(base)))
    throw inputError(
      'bad-base',
      base === branch ? `${branch} cannot be merged into itself` : `there is no branch for the pull request to go to`,
      'Name it with --base.',
    );
  return base;
}

/** How many units a commit has landed that the base lacks; without that branch here, that HEAD lacks. */
async function landedBetween(repository: Repository, base: string, tip: string): Promise<number> {
  const from = (await readRef(repository, branchRef(base))) ?? repository.head;
  const commits = await readLandingsOf(repository, from, tip, []);
  const units = new Map(commits.toReversed().map(({ unit, undone }) => [unit, undone === '']));
  return [...units.values()].filter((isLanded) => isLanded).length;
}
