import { type Criterion, isJudged, type UnitSpec } from '../../model/unit.ts';

/** A unit in some version of its files. */
export interface Marked {
  readonly isDone: boolean;
  /** The hashes of its criteria. */
  readonly criteria: readonly string[];
}

/** A landing of a unit, with whatever criteria. */
export interface LandingOf {
  readonly commit: string;
  /** The hash of all criteria that were judged, as they were read then. */
  readonly criteria: string;
  /** ISO 8601. */
  readonly date: string;
}

/** What is to be known of the versions of a unit's files. */
export interface Versions {
  /** The unit in a commit; null if it is not there. */
  readonly unitIn: (commit: string) => Promise<Marked | null>;
  /** True if a commit has the unit with the criteria of now, and their boxes open. */
  readonly isOpenIn: (commit: string) => Promise<boolean>;
  /** True if a commit has its boxes ticked with criteria of this hash, which may be an older version's. */
  readonly isTickedIn: (commit: string, criteria: string) => Promise<boolean>;
  /** The commit that ticked for a landing; null if none says so. */
  readonly tickingOf: (landing: string) => string | null;
  /** The commits that changed its files since a time, newest first: on the branch, and at HEAD. */
  readonly onBranch: (since: string) => Promise<readonly string[]>;
  readonly atHead: (since: string) => Promise<readonly string[]>;
}

/**
 * True for a ticked unit whose ticks we set for other criteria. A landing proves the criteria that it was judged by, as
 * today's readers read them in the commit that ticked them: a hash in a record may be of an older reader. A person's tick is
 * believed, so that it must be plain that this is none: there is no version since in which the criteria of now are open.
 */
export async function isEdited(unit: UnitSpec, landings: readonly LandingOf[], versions: Versions): Promise<boolean> {
  const others = landings.filter(({ criteria }) => !isJudged(unit, criteria));
  if (others.length === 0 || others.length < landings.length) return false;
  const dates: string[] = [];
  for (const landing of others) {
    const judged = await judgedBy(landing, versions);
    if (judged === null) continue;
    if (isProven(unit.criteria, judged)) return false;
    dates.push(landing.date);
  }
  const [since] = dates.toSorted((a, b) => Date.parse(a) - Date.parse(b));
  if (since === undefined) return false;
  for (const commit of await versions.atHead(since)) if (await versions.isOpenIn(commit)) return false;
  return true;
}

/** The hashes of the criteria for which a landing ticked, by today's readers; null if it ticked nothing that can be found. */
async function judgedBy(landing: LandingOf, versions: Versions): Promise<readonly string[] | null> {
  const ticking = versions.tickingOf(landing.commit);
  const own = ticking === null ? null : await versions.unitIn(ticking);
  if (own?.isDone === true) return own.criteria;
  // It landed before its spec was committed, or its file was moved.
  for (const commit of (await versions.onBranch(landing.date)).toReversed())
    if (await versions.isTickedIn(commit, landing.criteria)) return (await versions.unitIn(commit))?.criteria ?? null;
  return null;
}

/** True if all criteria are among those that were judged, or were added to all of those with ticked boxes of their own. */
export function isProven(now: readonly Pick<Criterion, 'hash' | 'isTicked'>[], judged: readonly string[]): boolean {
  const left = new Map<string, number>();
  for (const hash of judged) left.set(hash, (left.get(hash) ?? 0) + 1);
  const added = now.filter(({ hash }) => {
    const count = left.get(hash) ?? 0;
    left.set(hash, count - 1);
    return count <= 0;
  });
  const isAllThere = [...left.values()].every((count) => count <= 0);
  return added.length === 0 || (isAllThere && added.every(({ isTicked }) => isTicked === true));
}
