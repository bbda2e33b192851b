import { InputError, inputError, ToldError } from '../../../model/diagnostic.ts';
import { refused, RefusalError } from '../../../model/refusal.ts';
import { shownName } from '../../../model/shown-name.ts';
import { branchRef, checkBranchName, isAncestor } from '../../../repo/refs/branch.ts';
import { readRef } from '../../../repo/refs/refs.ts';
import { openRepository, type Repository } from '../../../repo/git/repository.ts';
import { type Change, changedPaths, commitTree, treeOf } from '../../../repo/objects/tree.ts';
import { currentBranch, goForward, type Look, lookAt } from '../../../repo/worktrees/working-tree.ts';
import { mergeSpecs } from '../../../specs/ticks/merge.ts';
import { maxSpecBytes } from '../../../specs/text/source.ts';
import { PathRefused, readConfined, writeConfined } from '../../../util/files/confined-file.ts';
import { failpoint } from '../../../util/failpoint.ts';
import { lacksPlace, requireConsent, saidWith } from '../../consent/consent.ts';
import { Interrupted } from '../../context/interrupted.ts';
import { oneAtATime } from '../../project/locks.ts';
import { mergeCommits } from '../../project/spec-merge.ts';
import {
  claimsOf,
  filesAmong,
  pathOf,
  sourceOf,
  sourcesIn,
  type SpecsPlace,
  specsPlaceOf,
} from '../../project/specs-place.ts';
import { openProject, type Project, specsPlace } from '../../project/project.ts';
import { ensureState } from '../../project/state-place.ts';
import { tickPlaceOf } from '../../project/tick-place.ts';
import { workInput } from '../queue/take-branch.ts';
import { verb } from '../verb.ts';

/** What came of bringing the branch into the user's own, in one repository. */
export interface Merged {
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

/** The same for the target, and for the specs' own repository. */
export interface MergedLanded extends Merged {
  readonly kind: 'merge';
  /** What came of the ticks; omitted where the target has the specs, or nothing was ticked yet. */
  readonly ticks?: Merged & { readonly root: string };
}

/**
 * Brings the branch into the one that is checked out, with specs merged by meaning. Nothing of the user's is lost: what
 * is changed, staged or not tracked at a path that the merge changes ends it before anything happens; specs with changes
 * of their own are merged, and keep them uncommitted. Where the specs are in a repository of their own, their ticks are
 * brought home there; nothing happens unless both can be done. The signal ends it as long as nothing of the user's was
 * changed.
 */
export const merge = verb(
  (z) => {
    const { folder, into, trust } = workInput(z);
    return z.strictObject({ folder, into, trust });
  },
  async (asker, request, { signal }): Promise<MergedLanded> => {
    const project = await openProject(asker, request.folder, saidWith({ ...request, allowUnsandboxed: false }));
    if (lacksPlace(project)) requireConsent(project);
    // The user merges, under their own name, whatever identity lands units.
    const stateFolder = ensureState(project);
    const repository = await openRepository({ folder: project.target, stateFolder, identity: null, env: asker.env });
    const branch = request.into ?? project.config.into;
    await checkBranchName(branch);
    return oneAtATime(
      project,
      async () => {
        const landed = await prepare(repository, specsPlace(project, repository), branch);
        const ticks = await prepareTicks(project, repository, branch);
        if (signal.aborted) throw new Interrupted({ kind: 'stopped' });
        const merged = { kind: 'merge', ...(await perform(landed)) } as const;
        return ticks === null ? merged : { ...merged, ticks: await performTicks(ticks, merged) };
      },
      signal,
    );
  },
);

/** A merge that can be done. */
interface Prepared {
  readonly repository: Repository;
  readonly branch: string;
  readonly into: string;
  /** The branch's tip, and the commit that the user's branch is to be at; null where it has everything already. */
  readonly tip: string;
  readonly target: string | null;
  readonly trees: readonly [before: string, after: string];
  readonly changes: readonly Change[];
  readonly looks: ReadonlyMap<string, Look>;
  readonly specs: readonly Spec[];
}

/** The same for the specs' own repository; null where nothing was ticked yet. Its refusals name the repository. */
async function prepareTicks(project: Project, target: Repository, branch: string): Promise<Prepared | null> {
  const ticks = await tickPlaceOf({ ...project, config: { ...project.config, commit: undefined } }, target);
  if (ticks.kind !== 'apart') return null;
  const { repository, path } = ticks;
  if ((await readRef(repository, branchRef(branch))) === null) return null;
  try {
    return await prepare(repository, specsPlaceOf({ specsPath: path, config: project.config }), branch);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    const { code, message, hint } = error.refusal;
    throw new RefusalError({ code, message: `in ${repository.root}, where the specs are: ${message}`, hint });
  }
}

/** Looks for everything that is in the way of a merge; changes nothing. */
async function prepare(repository: Repository, place: SpecsPlace, branch: string): Promise<Prepared> {
  const into = await currentBranch(repository);
  if (into === null) throw refused('detached-head', { branch, head: repository.head });
  const tip = await readRef(repository, branchRef(branch));
  if (tip === null) throw refused('no-branch', { branch });
  if (into === branch) throw refused('on-branch', { branch });
  const { head } = repository;
  const target = await targetOf(repository, place, { branch, into, tip });
  const trees = [await treeOf(repository, head), await treeOf(repository, target ?? head)] as const;
  const changes = await changedPaths(repository, ...trees);
  failpoint('merge ready');
  const looks = changes.length === 0 ? new Map<string, Look>() : await lookAt(repository, changes, trees);
  const mine = changes.filter(({ path }) => looks.get(path) === 'changed').map(({ path }) => path);
  const specs =
    target === null || mine.length === 0 ? [] : await mergeWorking(repository, place, { head, target, changes, mine });
  const inTheWay = changes.flatMap(({ path }) => {
    const look = looks.get(path) ?? 'changed';
    if (look === 'clean' || look === 'new' || specs.some(({ change }) => change.path === path)) return [];
    return [`${shownName(path)} (${says[look]})`];
  });
  if (inTheWay.length > 0) throw refused('not-committed', { branch, inTheWay });
  return { repository, branch, into, tip, target, trees, changes, looks, specs };
}

/** Does the merge of the ticks after that of what landed; an error says that only the first was done. */
async function performTicks(ticks: Prepared, { branch, into }: Merged): Promise<Merged & { readonly root: string }> {
  const { root } = ticks.repository;
  try {
    return { root, ...(await perform(ticks)) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [{ code, message } = { code: 'git-refuses', message: '' }] = error.diagnostics;
    const what = `${branch} is merged into ${into}; its ticks are not, in ${root}: ${message}`;
    throw inputError(code, what, 'Set that right, and run the same command again for the ticks.');
  }
}

/** Does a prepared merge, whole or not at all. */
async function perform(it: Prepared): Promise<Merged> {
  const { repository, branch, into, tip, target, trees, changes, looks, specs } = it;
  const { head } = repository;
  if (target === null) return { how: 'already', branch, into, from: head, to: head, files: [], kept: [] };
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
    how: target === tip ? 'forward' : 'merged',
    ...{ branch, into, from: head, to: target },
    files: changes.map(({ path }) => path),
    kept: specs.map(({ change }) => change.path),
  };
}

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
