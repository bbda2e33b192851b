import { inputError } from '../../model/diagnostic.ts';
import type { LandingRecord } from '../../model/landing.ts';
import { branchRef, isAncestor } from '../refs/branch.ts';
import { readObjects, writeObject } from '../objects/objects.ts';
import { landingsRef } from '../git/quick-refs.ts';
import { evidenceFile } from './record-evidence.ts';
import { readChain } from './record-chain.ts';
import { isOfFolder, type SpecsFolder } from './places.ts';
import { mergeRef, readRef, type RefChange } from '../refs/refs.ts';
import type { Repository } from '../git/repository.ts';
import { changedPaths, commitTree, editTree, listTree } from '../objects/tree.ts';

/*
 * Records which commits we landed or a person accepted. Anybody can write a commit with our trailers; only recorded ones
 * count. The record is a chain of commits: it only grows, is pushed and fetched like a branch, and two chains are united
 * by a merge. The tree of a landing's record holds its evidence, for people; the others are empty.
 */

/** All records, newest first; unreadable ones are skipped. */
export async function readRecords(repository: Repository): Promise<readonly LandingRecord[]> {
  const tip = await readRef(repository, landingsRef);
  return tip === null ? [] : (await readChain(repository, tip)).records.toReversed();
}

/** The records of a specs folder's units, newest first; older ones, which name no folder, are among them. */
export async function readOwnRecords(
  repository: Repository,
  folder: SpecsFolder,
  records?: readonly LandingRecord[],
): Promise<readonly LandingRecord[]> {
  const own: LandingRecord[] = [];
  for (const record of records ?? (await readRecords(repository))) {
    const { specs, file = null, unit } = record;
    if (specs === undefined || (await isOfFolder(repository, folder, unit, { specs, file }))) own.push(record);
  }
  return own;
}

/** Files of a tree that are as a landing of the folder's unit left them. */
export async function landedFiles(
  repository: Repository,
  folder: SpecsFolder,
  unit: string,
  tree: string,
): Promise<ReadonlySet<string>> {
  const tip = await readRef(repository, landingsRef);
  const all = tip === null ? [] : ((await readChain(repository, tip)).byUnit.get(unit) ?? []);
  const records = await readOwnRecords(repository, folder, all);
  const commits = records.filter(({ what }) => what === 'landed').map(({ commit }) => commit);
  const found = new Set<string>();
  if (commits.length === 0) return found;
  const now = new Map((await listTree(repository, tree)).map((entry) => [entry.path, entry.object]));
  for (const commit of new Set(commits)) {
    const [parent] = await readObjects(repository, [`${commit}^`]); // may be missing where only the record was fetched
    const changes = parent ? await changedPaths(repository, parent.name, commit) : [];
    for (const { path, after } of changes) if (after && now.get(path) === after.object) found.add(path);
  }
  return found;
}

/** Adds records without moving a branch: a person's decision, or what a killed run left out. */
export async function addRecords(repository: Repository, records: readonly LandingRecord[]): Promise<void> {
  if (records.length === 0) return;
  await append(repository, records, []);
}

/**
 * Moves a branch by compare-and-swap and records the landing, in one git transaction. The record goes first, since a
 * record of a commit on no branch has no effect. Returns false if the branch has moved.
 */
export async function moveRecorded(
  repository: Repository,
  branch: string,
  to: string,
  expected: string,
  record: LandingRecord,
  /** The evidence, for people; '' for none. */
  evidence = '',
): Promise<boolean> {
  return append(repository, [record], [{ ref: branchRef(branch), from: expected, to }], { evidence });
}

/** Merges the records of another clone, from the ref or commit that was fetched from it. */
export async function uniteRecords(repository: Repository, from: string): Promise<void> {
  const theirs = await readRef(repository, from);
  if (theirs === null)
    throw inputError(
      'no-records',
      `there is no ref ${from}`,
      `Fetch the other clone's records first: "git fetch <remote> ${landingsRef}:refs/backlog/fetched".`,
    );
  await append(repository, [], [], { beside: theirs });
}

/** Retries when another process wrote records meanwhile; those become the parent. */
async function append(
  repository: Repository,
  records: readonly LandingRecord[],
  moves: readonly RefChange[],
  { beside = null, evidence = '' }: { readonly beside?: string | null; readonly evidence?: string } = {},
): Promise<boolean> {
  const grow = async (known: string | null): Promise<string> => {
    let tip = known ?? '';
    if (beside !== null) {
      if (known !== null && (await isAncestor(repository, beside, known))) return known;
      tip = known === null ? beside : await writeCommit(repository, 'Records of another clone\n', [known, beside], '');
    }
    for (const record of records) {
      const message = `${record.what} ${record.unit}\n\n${JSON.stringify(record)}\n`;
      tip = await writeCommit(repository, message, tip === '' ? [] : [tip], evidence);
    }
    return tip;
  };
  return mergeRef(repository, landingsRef, grow, { moves });
}

async function writeCommit(
  repository: Repository,
  message: string,
  parents: readonly string[],
  evidence: string,
): Promise<string> {
  const empty = await writeObject(repository, 'tree', Buffer.alloc(0));
  const entry = async (): Promise<{ readonly mode: string; readonly object: string }> => ({
    mode: '100644',
    object: await writeObject(repository, 'blob', Buffer.from(evidence)),
  });
  const tree =
    evidence === '' ? empty : await editTree(repository, empty, [{ path: evidenceFile, entry: await entry() }]);
  return commitTree(repository, { tree, parents, message });
}
