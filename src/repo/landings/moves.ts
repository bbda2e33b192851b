import path from 'node:path';
import { sha256 } from '../../util/values/hash.ts';
import { fieldsOf, textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { Answers } from '../objects/answers.ts';
import { readFiles } from '../objects/tree.ts';

/** What HEAD's history did with a file. */
export interface Trail {
  /** The places that it had, oldest first, by git's renames. */
  readonly places: readonly string[];
  /** True if HEAD has it at the last one. */
  readonly isThere: boolean;
}

/** Moves of one file that are followed, at most. */
const maxMoves = 20;
/** More places than this are not named to git one by one. */
const maxPaths = 50;

const single = new Answers<ReadonlyMap<string, Trail>>(1000);
const many = new Answers<ReadonlyMap<string, Trail>>(2);

/** Follows files through HEAD's history, all of them together, so that the number of processes is that of the moves of one. */
export async function followFiles(
  repository: Repository,
  files: readonly string[],
): Promise<ReadonlyMap<string, Trail>> {
  const asked = [...new Set(files)].toSorted();
  const answers = asked.length === 1 ? single : many;
  return answers.get(repository, [repository.head], () => follow(repository, asked), sha256(asked.join('\0')));
}

async function follow(repository: Repository, asked: readonly string[]): Promise<ReadonlyMap<string, Trail>> {
  const trails = new Map<string, Trail>(asked.map((file) => [file, { places: [file], isThere: false }]));
  for (let count = 0, open = asked; count < maxMoves && open.length > 0; count++) {
    const lastOf = (file: string): string => trails.get(file)?.places.at(-1) ?? file;
    const last = [...new Set(open.map(lastOf))];
    const found = await readFiles(repository, repository.head, last);
    const gone = last.filter((file) => found.get(file) === null);
    const moved = await movesOf(repository, gone);
    for (const file of open) {
      const places = trails.get(file)?.places ?? [file];
      const to = moved.get(lastOf(file));
      if (found.get(lastOf(file)) !== null) trails.set(file, { places, isThere: true });
      else if (to !== undefined) trails.set(file, { places: [...places, to], isThere: false });
    }
    open = open.filter(
      (file) => trails.get(file)?.isThere === false && moved.has(trails.get(file)?.places.at(-2) ?? ''),
    );
  }
  return trails;
}

/** Where the last commits in HEAD's history that removed files moved them, by git's renames. */
async function movesOf(repository: Repository, files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (files.length === 0) return new Map();
  const folders = new Set(files.map((file) => path.posix.dirname(file)));
  const paths = files.length <= maxPaths ? files : folders.size <= maxPaths && !folders.has('.') ? [...folders] : [];
  const order = ['log', '--full-history', '--no-renames', '--diff-filter=D', '--name-only', '-z', '--format=%x01%H'];
  const told = textOf(await plumb(repository, {}, '--literal-pathspecs', ...order, repository.head, '--', ...paths));
  const wanted = new Set(files);
  const removals = new Map<string, string>();
  for (const entry of told.split('\u0001')) {
    const [commit = '', ...removed] = entry.split('\0').map((field) => field.replace(/^\n/, ''));
    for (const file of removed) if (wanted.has(file) && !removals.has(file)) removals.set(file, commit);
  }
  const renames = await renamesIn(repository, new Set(removals.values()));
  return new Map(
    [...removals].flatMap(([file, commit]) => {
      const to = renames.get(commit)?.get(file);
      return to === undefined ? [] : [[file, to] as const];
    }),
  );
}

/** The renames of each commit, from old name to new. */
async function renamesIn(
  repository: Repository,
  commits: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const found = new Map<string, Map<string, string>>();
  if (commits.size === 0) return found;
  const question = ['diff-tree', '--stdin', '-r', '-z', '-M', '--diff-filter=R', '--name-status'];
  const fields = fieldsOf(await plumb(repository, { input: `${[...commits].join('\n')}\n` }, ...question));
  let renames = new Map<string, string>();
  for (let at = 0; at < fields.length;) {
    const [what = '', from = '', to = ''] = fields.slice(at, at + 3);
    if (commits.has(what)) {
      found.set(what, (renames = new Map()));
      at += 1;
    } else {
      renames.set(from, to);
      at += 3;
    }
  }
  return found;
}
