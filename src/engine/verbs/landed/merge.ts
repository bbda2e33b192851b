import { ToldError } from '../../../model/diagnostic.ts';
import { refused } from '../../../model/refusal.ts';
import { shownName } from '../../../model/shown-name.ts';
import { branchRef, checkBranchName, isAncestor } from '../../../repo/refs/branch.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import { openRepository, type Repository } from '../../../repo/git/repository.ts';
import { type Change, changedPaths, commitTree, treeOf } from '../../../repo/objects/tree.ts';
import { currentBranch, goForward, lookAt } from '../../../repo/worktrees/working-tree.ts';
import { mergeSpecs } from '../../../specs/ticks/merge.ts';
import { maxSpecBytes } from '../../../specs/text/source.ts';
import { PathRefused, readConfined, writeConfined } from '../../../util/files/confined-file.ts';
import { failpoint } from '../../../util/failpoint.ts';
import { requireConsent, saidWith } from '../../consent/consent.ts';
import { Interrupted } from '../../context/interrupted.ts';
import { mergeCommits } from '../../project/spec-merge.ts';
import { claimsOf, filesAmong, pathOf, sourceOf, sourcesIn, type SpecsPlace } from '../../project/specs-place.ts';
import { openProject, specsPlace } from '../../project/project.ts';
import { ensureState } from '../../project/state-place.ts';
import { workInput } from '../queue/take-branch.ts';
import { verb } from '../verb.ts';

/** What came of bringing the branch into the user's own. */
export interface MergedLanded {
  readonly kind: 'merge';
  readonly how: 'already' | 'forward' | 'merged';
  readonly branch: string;
  /** The branch that is checked out. */
  readonly into: string;
  /** Where that was, and where it is now. */
  readonly from: string;
  readonly to: string;
  readonly files: readonly string[];
  /** Specs with changes that are not committed: they are kept, on top of what was merged. */
  readonly kept: readonly string[];
}

/**
 * Brings the branch into the one that is checked out, with specs merged by meaning. Nothing of the user's is lost: what
 * is changed, staged or not tracked at a path that the merge changes ends it before anything happens; specs with changes
 * of their own are merged, and keep them uncommitted. The signal ends it as long as nothing of the user's was changed.
 */
export const merge = verb(
  (z) => {
    const { folder, into, trust } = workInput(z);
    return z.strictObject({ folder, into, trust });
  },
  async (asker, request, { signal }): Promise<MergedLanded> => {
    const project = await openProject(asker, request.folder, saidWith({ ...request, allowUnsandboxed: false }));
    if (project.consent.withheld.some(({ key }) => key === 'target' || key === 'into')) requireConsent(project);
    // The user merges, under their own name, whatever identity lands units.
    const stateFolder = ensureState(project);
    const repository = await openRepository({ folder: project.target, stateFolder, identity: null, env: asker.env });
    const branch = request.into ?? project.config.into;
    await checkBranchName(branch);
    const into = await currentBranch(repository);
    if (into === null) throw refused('detached-head', { branch, head: repository.head });
    const tip = await readRef(repository, branchRef(branch));
    if (tip === null) throw refused('no-branch', { branch });
    if (into === branch) throw refused('on-branch', { branch });
    const place = specsPlace(project, repository);
    const { head } = repository;
    const target = await targetOf(repository, place, { branch, into, tip });
    if (target === null)
      return { kind: 'merge', how: 'already', branch, into, from: head, to: head, files: [], kept: [] };
    const trees = [await treeOf(repository, head), await treeOf(repository, target)] as const;
    const changes = await changedPaths(repository, ...trees);
    failpoint('merge ready');
    const looks = await lookAt(repository, changes, trees);
    const mine = changes.filter(({ path }) => looks.get(path) === 'changed').map(({ path }) => path);
    const specs = mine.length === 0 ? [] : await mergeWorking(repository, place, { head, target, changes, mine });
    const inTheWay = changes.flatMap(({ path }) => {
      const look = looks.get(path) ?? 'changed';
      if (look === 'clean' || look === 'new' || specs.some(({ change }) => change.path === path)) return [];
      return [`${shownName(path)} (${says[look]})`];
    });
    if (inTheWay.length > 0) throw refused('not-committed', { branch, inTheWay });
    if (signal.aborted) throw new Interrupted({ kind: 'stopped' });
    await write(repository, specs, (spec) => [spec.before, spec.after]);
    failpoint('merge begun');
    try {
      const staged = changes.filter(
        ({ path }) => looks.get(path) === 'new' || specs.some((spec) => spec.change.path === path),
      );
      await goForward(repository, target, { staged, action: `backlog merge ${branch}` });
    } catch (error) {
      await write(repository, specs, (spec) => [spec.after, spec.before]);
      const now = await lookAt(repository, changes, trees);
      const moved = changes.filter(({ path }) => now.get(path) !== looks.get(path)).map(({ path }) => path);
      throw moved.length === 0 ? error : halfWay(branch, moved, error);
    }
    return {
      kind: 'merge',
      how: target === tip ? 'forward' : 'merged',
      ...{ branch, into, from: head, to: target },
      files: changes.map(({ path }) => path),
      kept: specs.map(({ change }) => change.path),
    };
  },
);

const says = {
  changed: 'changed, not committed',
  staged: 'staged, not committed',
  untracked: 'not tracked',
  unmerged: 'in conflict',
} as const;

/** The commit that the user's branch is to be at; null where it has everything already. */
async function targetOf(
  repository: Repository,
  place: SpecsPlace,
  of: { readonly branch: string; readonly into: string; readonly tip: string },
): Promise<string | null> {
  const { head } = repository;
  const { branch, into, tip } = of;
  if (await isAncestor(repository, tip, head)) return null;
  if (await isAncestor(repository, head, tip)) return tip;
  const merged = await mergeCommits(repository, place, head, tip);
  if (merged.kind === 'conflict') throw refused('merge-conflict', { branch, into, files: merged.files });
  if (merged.tree === (await treeOf(repository, head))) return null;
  const message = `Merge branch '${branch}' into ${into}\n`;
  return commitTree(repository, { tree: merged.tree, parents: [head, tip], message });
}

/** Git broke off when it had begun to write: it was killed, or the disk is full. */
function halfWay(branch: string, moved: readonly string[], error: unknown): Error {
  const why = error instanceof ToldError ? error.diagnostics.map(({ message }) => message).join('; ') : String(error);
  return refused('half-merged', { branch, why, files: moved });
}

/** A spec that the user has changed and not committed, merged with what is to come. */
interface Spec {
  readonly change: Change;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** The specs with changes of the user's, merged; those that conflict are not among them. */
async function mergeWorking(
  repository: Repository,
  place: SpecsPlace,
  of: {
    readonly head: string;
    readonly target: string;
    readonly changes: readonly Change[];
    /** Paths that are changed here. */
    readonly mine: readonly string[];
  },
): Promise<Spec[]> {
  const { path: specsPath } = place;
  if (specsPath === null) return [];
  const comes = new Map(of.changes.map((change) => [change.path, change]));
  const trees = [await treeOf(repository, of.head), await treeOf(repository, of.target)] as const;
  const specs: Spec[] = [];
  groups: for (const { format, files } of await claimsOf(repository, place, trees, filesAmong(place, of.mine))) {
    const here = new Map(files.map((file) => [file, readSpec(repository.root, pathOf(specsPath, file))]));
    const ours = files.flatMap((file) => sourceOf(here.get(file), file) ?? []);
    const base = await sourcesIn(repository, specsPath, trees[0], files);
    const theirs = await sourcesIn(repository, specsPath, trees[1], files);
    const merged = mergeSpecs(await format.load(), { base, ours, theirs });
    const found: Spec[] = [];
    for (const { file, text } of merged ?? []) {
      const path = pathOf(specsPath, file);
      const [change, before] = [comes.get(path), here.get(file)];
      const [was, mine, yours] = [base, ours, theirs].map((some) => some.find((one) => one.file === file)?.text);
      if (!of.mine.includes(path) && text === (change ? yours : mine)) continue; // git does all that is to be done
      const isThere = was !== undefined && mine !== undefined && yours !== undefined;
      if (!change || !before || !isThere || change.before?.mode !== change.after?.mode) continue groups;
      found.push({ change, before, after: Buffer.from(text) });
    }
    specs.push(...found);
  }
  return specs;
}

/** A spec of the working tree; null for what is none: a link, say, or a file that is too large. */
function readSpec(root: string, path: string): Buffer | null {
  try {
    return readConfined(root, path, maxSpecBytes);
  } catch (error) {
    if (error instanceof PathRefused) return null;
    throw error;
  }
}

/** Writes files of the working tree that still are as they were read; whole or not at all, each. */
async function write(
  { root }: Repository,
  specs: readonly Spec[],
  bytes: (spec: Spec) => readonly [expected: Buffer, wanted: Buffer],
): Promise<void> {
  for (const spec of specs) {
    const [expected, wanted] = bytes(spec);
    if (readConfined(root, spec.change.path, maxSpecBytes)?.equals(expected) !== true)
      throw refused('spec-changed', { file: spec.change.path });
    writeConfined(root, spec.change.path, wanted);
  }
}
