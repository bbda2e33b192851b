import { textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { Answers } from '../objects/answers.ts';
import { followFiles } from './moves.ts';

/*
 * A key means a unit of one specs folder, and several folders may land on one branch. Records say which folder a landing is
 * of. Older ones, and commits without a record, do not: there, the files tell that the commit changed.
 */

/** A specs folder, and the files of its units. */
export interface SpecsFolder {
  /** As a path in the repository; null for one outside. */
  readonly specs: string | null;
  /** The file of a unit by its id, as a path in the repository; null if it has none there, undefined for an unknown unit. */
  readonly fileOf: (unit: string) => string | null | undefined;
}

/** Where the spec of a landed unit was. */
export interface Place {
  readonly specs: string | null;
  /** The unit's file. */
  readonly file: string | null;
}

/** Decides whether a landing of a unit is one of a unit of this folder, by the place that its record names. */
export async function isOfFolder(
  repository: Repository,
  folder: SpecsFolder,
  unit: string,
  place: Place,
): Promise<boolean> {
  if (place.specs === folder.specs) return true;
  const { file } = place;
  if (file === null || folder.specs === null) return false;
  const own = folder.fileOf(unit);
  if (own === file) return true;
  const moved = await movedTo(repository, file);
  return moved !== null && (own === undefined ? isIn(folder.specs, moved) : own === moved);
}

/** The same for a commit without such a record, by the files that it changed. */
export async function isOfFolderByFiles(
  repository: Repository,
  folder: SpecsFolder,
  unit: string,
  changed: readonly string[],
): Promise<boolean> {
  const { specs } = folder;
  if (specs === null) return true; // nothing ticks those
  const own = folder.fileOf(unit);
  if (own === undefined) return changed.some((file) => isIn(specs, file));
  if (own === null || changed.includes(own)) return true;
  const name = `/${isIn(specs, own) && specs !== '' ? own.slice(specs.length + 1) : own}`;
  const others = changed.filter((file) => `/${file}`.endsWith(name));
  for (const file of others) if ((await movedTo(repository, file)) === own) return true;
  return others.length === 0;
}

function isIn(folder: string, file: string): boolean {
  return folder === '' || file.startsWith(`${folder}/`);
}

const changes = new Answers<ReadonlyMap<string, readonly string[]>>(2);

/** The files that each commit with our trailers changed, in the history of a commit. */
export async function filesOfLandings(
  repository: Repository,
  tip: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  return changes.get(repository, [tip], async () => {
    const order = ['log', '--no-renames', '--name-only', '--format=%x01%H', '-z', '--grep=^Backlog-Unit: ', tip];
    const found = new Map<string, readonly string[]>();
    for (const entry of textOf(await plumb(repository, {}, ...order)).split('\u0001')) {
      const [commit = '', ...files] = entry.split('\0');
      found.set(
        commit,
        files.map((file) => file.replace(/^\n/, '')).filter((file) => file !== ''),
      );
    }
    return found;
  });
}

/** Where HEAD has a file that it had at another place, by git's renames; null if it is gone, or still there. */
export async function movedTo(repository: Repository, file: string): Promise<string | null> {
  const trail = (await followFiles(repository, [file])).get(file);
  return trail?.isThere === true && trail.places.length > 1 ? (trail.places.at(-1) ?? null) : null;
}
