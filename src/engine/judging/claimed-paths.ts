import type { UnitSpec } from '../../model/unit.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { type Change, listTree, readBlob } from '../../repo/objects/tree.ts';
import type { Merging } from '../../repo/worktrees/candidate.ts';
import type { Draft } from '../../specs/format/draft.ts';
import { parseGroup } from '../../specs/format/parse-group.ts';
import { type Claim, claimFiles } from '../../specs/formats/formats.ts';
import { maxSpecBytes } from '../../specs/text/source.ts';
import { foundClaims, leadsToFound } from '../../specs/units/found-claims.ts';
import { isIdle, isPage } from '../../specs/format/pages.ts';
import { amongSpecs, isOpenedBy } from '../../verify/files/protect.ts';
import { filesAmong, pathOf, readsPages, sourceOf, specsPlaceOf, wholeFolderOf } from '../project/specs-place.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';

type AskingUnit = Pick<UnitSpec, 'touches' | 'criteria' | 'cwd' | 'answer'>;
type ReadingRun = Target & Pick<Scope, 'specsPath' | 'config'>;

/** Maximum times that claims are computed. Work that still makes new ones then is put back as a whole. */
const maxRounds = 20;

/**
 * The changed paths outside of a specs folder that a format claims, before the work or on the tree that would land: by the
 * reading of this run if it reads the whole repository, or by what a later command finds without a folder. Putting one back may
 * make another one count (the nearest tracker, a configuration), so claims are computed until there are no new ones.
 *
 * A file that was no spec before is left out if the unit's `touches` or checks name it.
 */
export async function claimedPaths(
  run: ReadingRun,
  unit: AskingUnit,
  { tipTree, changes }: Merging,
): Promise<ReadonlySet<string>> {
  const tip = new Set((await listTree(run.repository, tipTree)).map(({ path }) => path));
  const near = changes.map(({ path }) => path);
  const before = claimsOn(run, tip, near);
  const closed = new Set<string>();
  for (let round = 0; ; round++) {
    const left = changes.filter(({ path }) => !closed.has(path));
    const found = round < maxRounds ? await newlyClaimed(run, unit, { tip, near, before, left }) : left;
    if (found.length === 0) return closed;
    for (const { path } of found) closed.add(path);
  }
}

/** What a round of `claimedPaths` looks at. */
interface Round {
  /** The paths before the work. */
  readonly tip: ReadonlySet<string>;
  readonly near: readonly string[];
  readonly before: Claims;
  /** The changes that are not put back. */
  readonly left: readonly Change[];
}

/** Claims on files of a tree, by path. */
interface Claims {
  /** By the reading of this run. */
  readonly own: ReadonlyMap<string, Claim>;
  /** By what is found without a folder. A path may have several. */
  readonly found: ReadonlyMap<string, readonly Claim[]>;
}

function claimsOn(run: ReadingRun, paths: ReadonlySet<string>, near: readonly string[]): Claims {
  const place = specsPlaceOf(run);
  const whole = wholeFolderOf(run);
  const own = whole === null ? claimFiles(filesAmong(place, [...paths]), place) : [];
  // The run's configuration says what is read in its own folder; see `protectedPaths`.
  const isElsewhere = (path: string): boolean => amongSpecs(whole, path) === null;
  const found = foundClaims([...paths], near.filter(isElsewhere)).flatMap((claim) =>
    claim.paths.filter(isElsewhere).map((path) => [path, claim] as const),
  );
  return {
    own: new Map(own.flatMap((claim) => claim.files.map((file) => [pathOf(run.specsPath ?? '', file), claim]))),
    found: new Map(
      [...Map.groupBy(found, ([path]) => path)].map(([path, all]) => [path, all.map(([, claim]) => claim)]),
    ),
  };
}

async function newlyClaimed(run: ReadingRun, unit: AskingUnit, round: Round): Promise<readonly Change[]> {
  const { tip, near, before, left } = round;
  const after = isMoved(left) ? claimsOn(run, withChanges(tip, left), near) : before;
  const claimed: Change[] = [];
  for (const change of left) if (await isClosed(run, unit, change, { before, after })) claimed.push(change);
  if (claimed.length > 0) return claimed;
  // What is there may be read otherwise by what was added or removed, although nothing claims that.
  const unnamed = left.filter(({ path }) => !isOpenedBy(unit, path));
  if (!isMoved(unnamed)) return [];
  const changed = new Set(near);
  const without = unnamed.length === left.length ? after : claimsOn(run, withChanges(tip, unnamed), near);
  const isSame = readings(before, changed) === readings(without, changed);
  return isSame ? [] : unnamed.filter((change) => isMoved([change]));
}

/** True if any path is new or gone: claims depend on nothing else. */
function isMoved(changes: readonly Change[]): boolean {
  return changes.some(({ before, after }) => before === null || after === null);
}

/** How the files are read that were not changed. */
function readings({ own, found }: Claims, changed: ReadonlySet<string>): string {
  const says = ({ format, files }: Claim): string => [format.name, ...files].join('\0');
  const kept = <T>(all: ReadonlyMap<string, T>): [string, T][] => [...all].filter(([path]) => !changed.has(path));
  const all = [
    ...kept(own).map(([path, claim]) => `${path}\0${says(claim)}`),
    ...kept(found).map(([path, claims]) => `${path}\0\0${claims.map(says).toSorted().join('\0')}`),
  ];
  return all.toSorted().join('\n');
}

function withChanges(paths: ReadonlySet<string>, changes: readonly Change[]): ReadonlySet<string> {
  const all = new Set(paths);
  for (const { path, after } of changes) {
    if (after === null) all.delete(path);
    else all.add(path);
  }
  return all;
}

async function isClosed(
  run: ReadingRun,
  unit: AskingUnit,
  change: Change,
  { before, after }: { readonly before: Claims; readonly after: Claims },
): Promise<boolean> {
  const { path } = change;
  if (unit.answer === path) return false;
  const [was, is] = [before.own.get(path), after.own.get(path)];
  const isSpec = async (claim: Claim | undefined, version: 'before' | 'after'): Promise<boolean> =>
    claim !== undefined && !(isNative(claim) && (await isPageOf(run, change, version)));
  if (await isSpec(was, 'before')) return true;
  if (isOpenedBy(unit, path)) return false;
  if (await isSpec(is, 'after')) return true;
  if ((isLink(change.before) || isLink(change.after)) && leadsToFound(path)) return true;
  const found = [...(before.found.get(path) ?? []), ...(after.found.get(path) ?? [])];
  if (found.length === 0) return false;
  return !found.every(isNative) || !(await isIdleBeside(run, change, before));
}

function isNative(claim: Claim | undefined): boolean {
  return claim?.format.name === 'native';
}

function isLink(entry: Change['after']): boolean {
  return entry !== null && !entry.mode.startsWith('100');
}

/** True for a text among specs that is no work, neither before nor after, where specs were found before. */
async function isIdleBeside(run: ReadingRun, change: Change, before: Claims): Promise<boolean> {
  const { path } = change;
  const [above = ''] = /^(?:.*\/)?specs\//i.exec(path) ?? [];
  const isBeside = before.found.has(path) || [...before.found.keys()].some((other) => other.startsWith(above));
  if (!isBeside) return false;
  const versions = await Promise.all([change.before, change.after].map(async (entry) => draftsOf(run, path, entry)));
  return versions.every((drafts) => drafts !== null && drafts.every(isIdle));
}

/** True for a version of a native file that is a mere page, if the whole repository is read. */
async function isPageOf(run: ReadingRun, { path, ...versions }: Change, which: 'before' | 'after'): Promise<boolean> {
  if (!readsPages(run)) return false;
  const drafts = await draftsOf(run, path, versions[which]);
  const nameIn = (file: string): string => file.slice(run.specsPath === '' ? 0 : (run.specsPath ?? '').length + 1);
  return drafts?.every((draft) => isPage({ ...draft, file: nameIn(draft.file) })) === true;
}

const parsed = new WeakMap<NonNullable<Change['after']>, Promise<readonly Draft[] | null>>();

/** The units of one version of a native file, parsed once; null if it cannot be read. */
async function draftsOf(
  { repository }: { readonly repository: Repository },
  path: string,
  entry: Change['after'],
): Promise<readonly Draft[] | null> {
  if (entry === null) return [];
  let drafts = parsed.get(entry);
  if (!drafts) parsed.set(entry, (drafts = parse(repository, path, entry)));
  return drafts;
}

async function parse(
  repository: Repository,
  path: string,
  entry: NonNullable<Change['after']>,
): Promise<readonly Draft[] | null> {
  if (isLink(entry)) return null;
  const bytes = await readBlob(repository, entry.object);
  const source = bytes.length > maxSpecBytes ? null : sourceOf(bytes, path);
  const [claim] = claimFiles([path], { formats: ['native'] });
  if (source === null || claim === undefined) return null;
  const { drafts, diagnostics } = parseGroup({ reader: await claim.format.load(), sources: [source] });
  return diagnostics.length > 0 ? null : drafts;
}
