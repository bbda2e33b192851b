import type { UnitSpec } from '../../model/unit.ts';
import type { Place, SpecsFolder } from '../../repo/landings/places.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { listTree, readFiles } from '../../repo/objects/tree.ts';
import { type Claim, claimFiles, type Reading, visibleOf } from '../../specs/formats/formats.ts';
import { decodeSource, type Source } from '../../specs/text/source.ts';
import type { Scope } from '../context/scope.ts';

/** The place of the specs in the repository. */
export interface SpecsPlace extends Reading {
  /** The folder as a path in the repository, '' for its root; null if outside. */
  readonly path: string | null;
}

/** The place of a run's specs. */
export function specsPlaceOf({ specsPath, config }: Pick<Scope, 'specsPath' | 'config'>): SpecsPlace {
  return { path: specsPath, ignore: config.ignore, only: config.only, formats: config.formats };
}

/** The folder that a run reads as a whole, so that any file in it may be a spec; null if it reads specs among other files. */
export function wholeFolderOf({ specsPath, config }: Pick<Scope, 'specsPath' | 'config'>): string | null {
  return specsPath === '' || config.only.length > 0 ? null : specsPath;
}

/** True if a run reads native specs among the pages of a repository. */
export function readsPages(run: Pick<Scope, 'specsPath' | 'config'>): boolean {
  return run.specsPath !== null && wholeFolderOf(run) === null && !run.config.formats.includes('native');
}

/** A specs folder with some of its units, as records of landings name it. */
export function folderOf(specs: string | null, units: readonly Pick<UnitSpec, 'id' | 'file'>[]): SpecsFolder {
  const files = new Map<string, string>(units.map(({ id, file }) => [id, file]));
  const fileOf = (unit: string): string | null | undefined => {
    const file = files.get(unit);
    return file === undefined ? undefined : specs === null || file === '' ? null : pathOf(specs, file);
  };
  return { specs, fileOf };
}

/** What a record says of a unit's place. */
export function placeOf(specs: string | null, { file }: Pick<UnitSpec, 'file'>): Place {
  return { specs, file: specs === null || file === '' ? null : pathOf(specs, file) };
}

/** A file of the specs folder as a path in the repository. */
export function pathOf(specsPath: string, file: string): string {
  return specsPath === '' ? file : `${specsPath}/${file}`;
}

/** The repository paths that may be specs, relative to the specs folder. */
export function filesAmong({ path, ...reading }: SpecsPlace, paths: readonly string[]): string[] {
  if (path === null) return [];
  const above = path === '' ? '' : `${path}/`;
  const inside = paths.flatMap((one) => (one.startsWith(above) ? [one.slice(above.length)] : []));
  return visibleOf(inside, reading);
}

/** The files of trees that formats claim; with `files`, only groups that contain one of those. */
export async function claimsOf(
  repository: Repository,
  place: SpecsPlace,
  trees: readonly string[],
  files?: readonly string[],
): Promise<Claim[]> {
  if (files?.length === 0) return [];
  const wanted = files && new Set(files);
  const lists = await Promise.all(trees.map((tree) => listTree(repository, tree)));
  const paths = new Set(lists.flatMap((list) => list.map((entry) => entry.path)));
  const claims = claimFiles(filesAmong(place, [...paths]), place);
  return wanted ? claims.filter((claim) => claim.files.some((file) => wanted.has(file))) : claims;
}

/** The texts of files of the specs folder in a tree, without missing ones and those that are not text. */
export async function sourcesIn(
  repository: Repository,
  specsPath: string,
  tree: string,
  files: readonly string[],
): Promise<Source[]> {
  const paths = files.map((file) => pathOf(specsPath, file));
  const found = await readFiles(repository, tree, paths);
  return files.flatMap((file, index) => sourceOf(found.get(paths[index] ?? ''), file) ?? []);
}

/** Bytes as a text; null if they are not text. */
export function sourceOf(bytes: Buffer | null | undefined, file: string): Source | null {
  const source = bytes ? decodeSource(bytes, file) : null;
  return source === null || 'severity' in source ? null : source;
}
