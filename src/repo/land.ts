import { textOf } from './git.ts';
import { moveBranch } from './branch.ts';
import { plumb, type Repository } from './repository.ts';
import { commitTree, treeOf } from './tree.ts';

/** What the commit of a landed unit says about itself. */
export interface Trailers {
  readonly unit: string;
  readonly run: string;
  readonly attempt: string;
  readonly criteria: string;
}

/** The commit that would land: exactly the judged tree on exactly the tip that it was judged on. */
export async function makeLandingCommit(
  repository: Repository,
  options: {
    readonly tree: string;
    readonly tip: string;
    readonly title: string;
    readonly body: string;
    readonly trailers: Trailers;
  },
): Promise<string> {
  const { trailers } = options;
  const lines = [
    `Backlog-Unit: ${trailers.unit}`,
    `Backlog-Run: ${trailers.run}`,
    `Backlog-Attempt: ${trailers.attempt}`,
    `Backlog-Criteria: ${trailers.criteria}`,
  ];
  const message = [options.title, options.body, lines.join('\n')].filter((part) => part !== '').join('\n\n');
  const commit = await commitTree(repository, { tree: options.tree, parents: [options.tip], message: `${message}\n` });
  if ((await treeOf(repository, commit)) !== options.tree)
    throw new Error(`Internal error: ${commit} does not hold the judged tree`);
  return commit;
}

/** The commit that takes a landed one back. */
export async function makeUndoCommit(
  repository: Repository,
  options: {
    readonly tree: string;
    readonly tip: string;
    readonly title: string;
    readonly body: string;
    readonly unit: string;
    /** The commit that is taken back. */
    readonly undone: string;
  },
): Promise<string> {
  const trailers = `Backlog-Unit: ${options.unit}\nBacklog-Undo: ${options.undone}`;
  const message = [options.title, options.body, trailers].filter((part) => part !== '').join('\n\n');
  return commitTree(repository, { tree: options.tree, parents: [options.tip], message: `${message}\n` });
}

/** Lands by compare-and-swap; false when the branch moved, and the work must be judged on the new tip. */
export async function land(repository: Repository, branch: string, commit: string, tip: string): Promise<boolean> {
  return moveBranch(repository, branch, commit, tip);
}

/** A unit's commit on a branch. */
export interface LandedUnit {
  readonly unit: string;
  readonly criteria: string;
  readonly attempt: string;
  readonly commit: string;
}

/** The landed units of a branch, the newest commit of each, as its trailers tell; without those taken back. */
export async function readLanded(repository: Repository, tip: string): Promise<Map<string, LandedUnit>> {
  const trailer = (name: string): string => `%(trailers:key=${name},valueonly,separator=%x20)`;
  const names = ['Backlog-Unit', 'Backlog-Criteria', 'Backlog-Attempt', 'Backlog-Undo'];
  const format = ['%H', ...names.map(trailer)].join('%x00');
  const result = await plumb(repository, {}, 'log', '--grep=^Backlog-Unit: ', `--format=${format}%x00`, '-z', tip);
  const landed = new Map<string, LandedUnit>();
  const fields = textOf(result).split('\0');
  const undone = new Set<string>();
  for (let i = 0; i + 4 < fields.length; i += 6) {
    const [commit = '', unit = '', criteria = '', attempt = '', undo = ''] = fields.slice(i, i + 5);
    if (unit === '' || landed.has(unit) || undone.has(unit)) continue; // the newest first
    if (undo === '') landed.set(unit, { unit, criteria, attempt, commit });
    else undone.add(unit);
  }
  return landed;
}
