import { Answers } from '../objects/answers.ts';
import { textOf } from '../git/git.ts';
import type { LandingRecord } from '../../model/landing.ts';
import { readRecords } from './landings.ts';
import { filesOfLandings, isOfFolder, isOfFolderByFiles, type SpecsFolder } from './places.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { commitTree, treeOf } from '../objects/tree.ts';

/** The trailers of a landed unit's commit. */
export interface Trailers {
  readonly unit: string;
  readonly run: string;
  readonly attempt: string;
  readonly criteria: string;
}

/** Makes the commit that would land: exactly the judged tree on exactly the tip that it was judged on. */
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
  const { unit, run, attempt, criteria } = options.trailers;
  const lines = [
    `Backlog-Unit: ${unit}`,
    `Backlog-Run: ${run}`,
    `Backlog-Attempt: ${attempt}`,
    `Backlog-Criteria: ${criteria}`,
  ];
  const message = [options.title, options.body, lines.join('\n')].filter((part) => part !== '').join('\n\n');
  const commit = await commitTree(repository, { tree: options.tree, parents: [options.tip], message: `${message}\n` });
  if ((await treeOf(repository, commit)) !== options.tree)
    throw new Error(`Internal error: ${commit} does not hold the judged tree`);
  return commit;
}

/** Makes the commit that reverts a landed one. */
export async function makeUndoCommit(
  repository: Repository,
  options: {
    readonly tree: string;
    readonly tip: string;
    readonly title: string;
    readonly body: string;
    readonly unit: string;
    /** The commit that is reverted. */
    readonly undone: string;
  },
): Promise<string> {
  const trailers = `Backlog-Unit: ${options.unit}\nBacklog-Undo: ${options.undone}`;
  const message = [options.title, options.body, trailers].filter((part) => part !== '').join('\n\n');
  return commitTree(repository, { tree: options.tree, parents: [options.tip], message: `${message}\n` });
}

/** A commit whose trailers say that it lands or reverts a unit. */
export interface TrailerCommit extends Trailers {
  readonly commit: string;
  readonly tree: string;
  /** The commit that it reverts; '' for a landing. */
  readonly undone: string;
  readonly author: string;
  /** ISO 8601. */
  readonly date: string;
  readonly title: string;
}

/** The units of a specs folder in a branch's history. */
export interface History {
  /** The newest recorded landing of each unit, without reverted ones. */
  readonly landed: ReadonlyMap<string, TrailerCommit>;
  /** Commits with trailers of a landing but no record, newer than the unit's last recorded one. */
  readonly claims: readonly TrailerCommit[];
  /** The landing that was undone last, by record, of each unit that is not landed since. */
  readonly undone: ReadonlyMap<string, string>;
}

/** Reads the history of a branch up to a commit: recorded landings of a specs folder's units, and unconfirmed claims. */
export async function readHistory(repository: Repository, tip: string, folder: SpecsFolder): Promise<History> {
  const commits = await trailers.get(repository, [tip], () => readTrailers(repository, '--grep=^Backlog-Unit: ', tip));
  const records = await readRecords(repository);
  return sortOut(await ofFolder(repository, { tip, folder, commits, records }), records);
}

/** The commits whose units are of a folder. An undo is of the same folder as what it reverts. */
async function ofFolder(
  repository: Repository,
  it: {
    readonly tip: string;
    readonly folder: SpecsFolder;
    readonly commits: readonly TrailerCommit[];
    readonly records: readonly LandingRecord[];
  },
): Promise<TrailerCommit[]> {
  const byCommit = Map.groupBy(it.records, (record) => record.commit);
  const others = new Set<string>();
  for (const one of it.commits) {
    if (one.unit === '' || one.undone !== '') continue;
    const known = (byCommit.get(one.commit) ?? []).filter((record) => isOf(record, one));
    const places = known.flatMap(({ specs, file = null }) => (specs === undefined ? [] : [{ specs, file }]));
    let isOwn = false;
    for (const place of places) isOwn ||= await isOfFolder(repository, it.folder, one.unit, place);
    if (places.length === 0) {
      const changed = (await filesOfLandings(repository, it.tip)).get(one.commit) ?? [];
      isOwn = await isOfFolderByFiles(repository, it.folder, one.unit, changed);
    }
    if (!isOwn) others.add(one.commit);
  }
  return it.commits.filter(({ commit, undone }) => !others.has(undone === '' ? commit : undone));
}

const trailers = new Answers<readonly TrailerCommit[]>(2);

/** One commit with its trailers; null if it has none of ours. */
export async function readLandingCommit(repository: Repository, commit: string): Promise<TrailerCommit | null> {
  return (await readTrailers(repository, '--max-count=1', commit)).find((one) => one.unit !== '') ?? null;
}

/** Characters of paths that a process takes as arguments, with room to spare. */
const maxPathChars = 500_000;

/**
 * The commits with our trailers between two commits that changed one of the files, newest first. All of them where the
 * files are too many to ask for.
 */
export async function readLandingsOf(
  repository: Repository,
  from: string,
  to: string,
  files: readonly string[],
): Promise<readonly TrailerCommit[]> {
  const paths = files.map((file) => `:(top,literal)${file}`);
  const isTooMany = paths.reduce((sum, { length }) => sum + length, 0) > maxPathChars;
  const asked = isTooMany ? [] : ['--', ...paths];
  const commits = await readTrailers(repository, '--first-parent', `${from}..${to}`, ...asked);
  return commits.filter(({ unit }) => unit !== '');
}

async function readTrailers(repository: Repository, ...args: readonly string[]): Promise<TrailerCommit[]> {
  const trailer = (name: string): string => `%(trailers:key=Backlog-${name},valueonly,separator=%x20)`;
  const names = ['Unit', 'Criteria', 'Attempt', 'Run', 'Undo'];
  const format = ['%H', '%T', '%an <%ae>', '%aI', '%s', ...names.map(trailer)].join('%x00');
  const result = await plumb(repository, {}, 'log', '--topo-order', `--format=${format}%x00`, '-z', ...args);
  const fields = textOf(result).split('\0');
  const commits: TrailerCommit[] = [];
  for (let i = 0; i + 9 < fields.length; i += 11) {
    const [commit = '', tree = '', author = '', date = '', title = '', ...rest] = fields.slice(i, i + 10);
    const [unit = '', criteria = '', attempt = '', run = '', undone = ''] = rest;
    commits.push({ commit, tree, author, date, title, unit, criteria, attempt, run, undone });
  }
  return commits;
}

/** Sorts commits, newest first, by the records: a record counts for exactly the commit that it describes. */
export function sortOut(commits: readonly TrailerCommit[], records: readonly LandingRecord[]): History {
  const byCommit = Map.groupBy(records, (record) => record.commit);
  const landed = new Map<string, TrailerCommit>();
  const claims: TrailerCommit[] = [];
  const undone = new Map<string, string>();
  const decided = new Set<string>();
  const takenBack = new Set<string>();
  const revoked = new Set<string>();
  for (const it of commits) {
    if (it.unit === '' || decided.has(it.unit)) continue;
    if (revoked.has(it.commit)) {
      // By an undo under the name that the unit has since.
      decided.add(it.unit);
      undone.set(it.unit, it.commit);
      continue;
    }
    const known = (byCommit.get(it.commit) ?? []).filter((record) => isOf(record, it));
    if (it.undone !== '') {
      takenBack.add(it.undone);
      if (!known.some((record) => record.what === 'undone')) continue;
      decided.add(it.unit);
      undone.set(it.unit, it.undone);
      revoked.add(it.undone);
    } else if (known.some((record) => record.what === 'landed') || personsWord(known) === 'adopted') {
      landed.set(it.unit, it);
      decided.add(it.unit);
    } else if (personsWord(known) !== 'refused' && !takenBack.has(it.commit)) {
      claims.push(it);
    }
  }
  return { landed, claims, undone };
}

function isOf(record: LandingRecord, it: TrailerCommit): boolean {
  const isSame = record.tree === it.tree && record.unit === it.unit && record.undone === it.undone;
  return isSame && record.criteria === it.criteria && record.run === it.run && record.attempt === it.attempt;
}

/** A person's last decision on a commit. */
function personsWord(records: readonly LandingRecord[]): LandingRecord['what'] | null {
  const words = records.filter(({ what }) => what === 'adopted' || what === 'refused');
  return words.toSorted((a, b) => b.at - a.at)[0]?.what ?? null;
}

/** The record of a commit. */
export function recordOf(
  it: Trailers & Pick<TrailerCommit, 'commit' | 'tree' | 'undone'>,
  said: Pick<LandingRecord, 'what' | 'at'> & Partial<Pick<LandingRecord, 'by' | 'judged' | 'specs' | 'file'>>,
): LandingRecord {
  const { unit, criteria, commit, tree, run, attempt, undone } = it;
  return { version: 1, by: null, judged: null, ...said, unit, criteria, commit, tree, run, attempt, undone };
}
