import { textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { Answers } from '../objects/answers.ts';
import { commitTree } from '../objects/tree.ts';

/*
 * Commits that tick units in a repository with specs for what landed in another one. Their trailers name the landings, so
 * that a box that a person opened later is told from one that was never ticked. They confirm nothing: only a landing's
 * record does.
 */

/** The landings whose boxes a history ticked or opened again. */
export interface Tickings {
  /** The newest commit that ticked for each landing. */
  readonly ticked: ReadonlyMap<string, string>;
  /** Landings that were undone, and their boxes opened. */
  readonly unticked: ReadonlySet<string>;
  /** The files that each of these commits changed. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

const known = new Answers<Tickings>(4);

/** Reads the history of some commits. */
export async function readTickings(repository: Repository, tips: readonly string[]): Promise<Tickings> {
  return known.get(repository, tips, async () => {
    const trailer = (name: string): string => `%(trailers:key=Backlog-${name},valueonly,separator=%x20)`;
    const format = ['%x01%H', trailer('Ticked'), trailer('Unticked')].join('%x00');
    const grep = ['--extended-regexp', '--grep=^Backlog-(Unt|T)icked: '];
    const order = ['log', '--topo-order', '--no-renames', '--name-only', `--format=${format}%x00`, '-z', ...grep];
    const ticked = new Map<string, string>();
    const unticked = new Set<string>();
    const files = new Map<string, readonly string[]>();
    for (const entry of textOf(await plumb(repository, {}, ...order, ...tips))
      .split('\u0001')
      .slice(1)) {
      const [commit = '', ticks = '', opened = '', ...changed] = entry.split('\0');
      files.set(
        commit,
        changed.map((file) => file.replace(/^\n/, '')).filter((file) => file !== ''),
      );
      for (const landing of namesIn(ticks)) if (!ticked.has(landing)) ticked.set(landing, commit);
      for (const landing of namesIn(opened)) unticked.add(landing);
    }
    return { ticked, unticked, files };
  });
}

function namesIn(values: string): readonly string[] {
  return values.split(' ').filter((value) => /^[0-9a-f]{40}$/.test(value));
}

/** Commits that are looked at, at most, for a tick that does not name its landing. */
const maxCommits = 200;

/** The commits of a history that changed some files at or after a time (ISO 8601), newest first. */
export async function changedSince(
  repository: Repository,
  tip: string,
  since: string,
  files: readonly string[],
): Promise<readonly string[]> {
  const order = ['log', '--full-history', '--format=%H', `--since=${since}`, `--max-count=${maxCommits}`, tip];
  const told = textOf(await plumb(repository, {}, '--literal-pathspecs', ...order, '--', ...files));
  return told === '' ? [] : told.split('\n');
}

/** Makes a commit that ticks for some landings, and opens boxes for others. */
export async function makeTickCommit(
  repository: Repository,
  options: {
    readonly tree: string;
    readonly tip: string;
    readonly title: string;
    readonly ticked: readonly string[];
    readonly unticked: readonly string[];
    /** Null outside of a run. */
    readonly run: string | null;
  },
): Promise<string> {
  const { tree, tip, title, ticked, unticked, run } = options;
  const trailers = [
    ...ticked.map((landing) => `Backlog-Ticked: ${landing}`),
    ...unticked.map((landing) => `Backlog-Unticked: ${landing}`),
    ...(run === null ? [] : [`Backlog-Run: ${run}`]),
  ];
  return commitTree(repository, { tree, parents: [tip], message: `${title}\n\n${trailers.join('\n')}\n` });
}
