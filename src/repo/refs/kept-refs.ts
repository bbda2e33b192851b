import { textOf } from '../git/git.ts';
import { writeRefs } from './refs.ts';
import { plumb, refs, type Repository } from '../git/repository.ts';

/** One of our refs, which protects commits from garbage collection. */
export interface KeptRef {
  readonly name: string;
  readonly commit: string;
}

/** All refs below some prefixes. */
export async function listRefs(repository: Repository, ...prefixes: readonly string[]): Promise<KeptRef[]> {
  const result = textOf(await refs(repository, {}, 'for-each-ref', '--format=%(objectname) %(refname)', ...prefixes));
  if (result === '') return [];
  return result.split('\n').map((line) => ({ commit: line.slice(0, 40), name: line.slice(41) }));
}

/** Deletes refs that still name the given commits. Throws a `RefsBlocked` if git cannot write. */
export async function removeRefs(repository: Repository, gone: readonly KeptRef[]): Promise<void> {
  const changes = gone.map(({ name, commit }) => ({ ref: name, from: commit, to: null }));
  if (await writeRefs(repository, changes)) return;
  for (const change of changes) await writeRefs(repository, [change]); // one has moved meanwhile: it is kept
}

/** Those of some commits that are in the history of others, asked in one batch; missing commits are not. */
export async function reachable(
  repository: Repository,
  commits: readonly string[],
  from: readonly string[],
): Promise<ReadonlySet<string>> {
  if (commits.length === 0) return new Set();
  const names = [...new Set(commits)];
  const input = `${names.join('\n')}\n`;
  const told = await plumb(repository, { input }, 'cat-file', '--batch-check=%(objectname) %(objecttype)');
  const known = textOf(told).split('\n');
  const there = names.filter((_name, index) => known[index]?.endsWith(' commit'));
  // Commits outside of those histories.
  const range = [...there, ...from.map((tip) => `^${tip}`)].map((line) => `${line}\n`).join('');
  const outside = new Set(textOf(await plumb(repository, { input: range }, 'rev-list', '--stdin')).split('\n'));
  return new Set(there.filter((commit) => !outside.has(commit)));
}
