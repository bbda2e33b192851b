import { type Claim, claimFiles, ownFolders, type Reading, visibleOf } from '../formats/formats.ts';
import { places } from './discover.ts';

/*
 * What commands would read where nobody names a folder: `specs` in any folder, since they look from the current one
 * upwards, and the places of the tools: those at the root, and those in any folder if nothing is found at the root. Names are
 * compared as the file systems do that ignore case.
 */

/** Files that are read together if a folder is read. */
export interface FoundClaim extends Claim {
  /** As a path in the repository; '' for its root. */
  readonly folder: string;
  /** As paths in the repository. */
  readonly paths: readonly string[];
}

/** A path, and its name in a folder. */
type Named = readonly [path: string, name: string];

/** The places of each tool, and what has to be seen to tell its format: also the folder around one. */
const tools = Object.entries(places).map(([format, own]) => ({
  format,
  own: own.map((place) => ({ place, folded: fold(place) })),
  around: own.flatMap((place) => [place, ...ownFolders(place).map(({ folder }) => folder)]).map(fold),
}));
const allPlaces = tools.flatMap(({ own }) => own);

/**
 * The claims that finding a backlog leads to in a repository with these paths; only those of files around `near`. Those of a
 * tool come first: the `specs` in its folder are read in its format.
 */
export function foundClaims(paths: readonly string[], near: readonly string[]): FoundClaim[] {
  return [...claimsInPlaces(paths, near), ...claimsInSpecs(paths, near)];
}

/** True for a path that is looked for, or above or below one: a link there leads to other files. */
export function leadsToFound(path: string): boolean {
  const name = fold(path);
  const isLookedFor = ({ folded }: (typeof allPlaces)[number]): boolean => isAt(name, folded) || isAt(folded, name);
  return name.slice(name.lastIndexOf('/') + 1) === 'specs' || allPlaces.some(isLookedFor);
}

/** The claims of folders named `specs`, each read as a whole. */
function claimsInSpecs(paths: readonly string[], near: readonly string[]): FoundClaim[] {
  const isSpecs = (name: string): boolean => fold(name) === 'specs';
  const wanted = new Set(near.flatMap((path) => foldersOf(path, isSpecs).map(fold)));
  return [...filesIn(wanted, paths, isSpecs).values()].flatMap((files) => {
    const [[path, name] = ['', '']] = files;
    return claimsOf(path.slice(0, path.length - name.length - 1), files, { ignore: [] });
  });
}

/** The claims of the tools' places. */
function claimsInPlaces(paths: readonly string[], near: readonly string[]): FoundClaim[] {
  const whole = (all: readonly string[]): Named[] => all.map((path) => [path, path]);
  const atRoot = claimsAround('', whole(paths), whole(near));
  if (isFoundAtRoot(paths)) return atRoot;
  const isTool = (name: string): boolean => tools.some(({ around }) => around.some((place) => isAt(place, name)));
  const wanted = new Set(
    near.flatMap((path) =>
      foldersOf(path).flatMap((folder) => (isTool(fold(below(folder, path))) ? [fold(folder)] : [])),
    ),
  );
  const changed = filesIn(wanted, near);
  const inParts = [...filesIn(wanted, paths)].flatMap(([folded, files]) => {
    const [[path, name] = ['', '']] = files;
    return claimsAround(path.slice(0, path.length - name.length - 1), files, changed.get(folded) ?? []);
  });
  return [...atRoot, ...inParts];
}

/** The files in folders, by the folded paths of those. */
function filesIn(
  wanted: ReadonlySet<string>,
  paths: readonly string[],
  isWanted: (name: string) => boolean = () => true,
): ReadonlyMap<string, readonly Named[]> {
  const files = new Map<string, Named[]>();
  if (wanted.size === 0) return files;
  for (const path of paths)
    for (const folder of foldersOf(path, isWanted)) {
      const folded = fold(folder);
      if (!wanted.has(folded)) continue;
      const all = files.get(folded) ?? [];
      files.set(folded, all);
      all.push([path, below(folder, path)]);
    }
  return files;
}

/** The claims of the tools' places around `near` as they are read from a folder: each format alone, and all together. */
function claimsAround(folder: string, all: readonly Named[], near: readonly Named[]): FoundClaim[] {
  const changed = near.map(([, name]) => fold(name));
  const wanted = tools.filter(({ around }) => around.some((place) => changed.some((name) => isAt(place, name))));
  if (wanted.length === 0) return [];
  const files = all.map(([path, name]): Named => [path, spelled(name)]);
  const together = {
    only: wanted.flatMap(({ own }) => own.map(({ place }) => place)),
    formats: wanted.map(({ format }) => format),
  };
  const alone = wanted.map(({ format, own }) => ({ only: own.map(({ place }) => place), formats: [format] }));
  return [together, ...alone].flatMap((reading) => claimsOf(folder, files, { ignore: [], ...reading }));
}

/** A name in the spelling of the place that it is in; as it is if that is a place, too. */
function spelled(name: string): string {
  if (allPlaces.some(({ place }) => isAt(place, name))) return name;
  const folded = fold(name);
  const place = allPlaces.find((one) => isAt(one.folded, folded))?.place;
  return place === undefined ? name : `${place}${name.slice(place.length)}`;
}

/** True if commands find a backlog at the root, wherever they are started. */
function isFoundAtRoot(paths: readonly string[]): boolean {
  const configs = paths.filter((path) => /^(?:[^/]+\/)?backlog\.config\.json$/.test(path));
  const isSure = configs.length === 1 || configs.some((path) => /^(?:specs\/)?[^/]+$/.test(path));
  if (isSure || paths.some((path) => /^specs\/(?:.*\/)?(?!readme\.)[^/]+\.md$/i.test(path))) return true;
  const all = paths.map((path): Named => [path, path]);
  return claimsAround('', all, all).length > 0;
}

/** The claims on files of a folder. */
function claimsOf(folder: string, files: readonly Named[], reading: Reading): FoundClaim[] {
  const named = Map.groupBy(files, ([, name]) => name);
  const claims = claimFiles(visibleOf([...named.keys()], reading), reading);
  return claims.map((claim) => ({
    ...claim,
    folder,
    paths: claim.files.flatMap((file) => (named.get(file) ?? []).map(([path]) => path)),
  }));
}

/** The folders above a path, without the root; only those with such a name. */
function foldersOf(path: string, isWanted: (name: string) => boolean = () => true): string[] {
  const names = path.split('/').slice(0, -1);
  return names.flatMap((name, index) => (isWanted(name) ? [names.slice(0, index + 1).join('/')] : []));
}

/** The rest of a path in a folder, '' for the root. */
function below(folder: string, path: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

/** True for a path that is a place, or below it. */
function isAt(place: string, path: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}
