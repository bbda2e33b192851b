/*
 * Checks whether paths work on other systems: file systems that fold case and compose letters (APFS, HFS+, NTFS), Windows
 * with its device names, and systems that ignore parts of a name before comparing it with `.git`.
 */

/** Characters that file systems ignore in names, and marks that only change how a letter looks. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/** A path folded by case, composition and endings; paths that collide somewhere are equal. */
function foldedPath(path: string): string {
  return path.split('/').map(foldedName).join('/');
}

function foldedName(name: string): string {
  // Upper case first: it maps ß to SS, and the Kelvin sign to k.
  const folded = name.normalize('NFD').replace(ignorable, '').toUpperCase().toLowerCase().normalize('NFD');
  return folded.replace(/(?<![. ])[. ]+$/, '');
}

/** True for a name that some system takes for `.git`: by case, endings, streams, short names or ignored characters. */
function posesAsGit(name: string): boolean {
  const folded = foldedName((name.split(':', 1)[0] ?? '').normalize('NFKC'));
  return folded === '.git' || /^git~\d+$/.test(folded) || /^gi[0-9a-f]{4}~\d+$/.test(folded);
}

/** Why a name is invalid elsewhere. A repository that has such names already is not checked for that reason. */
type Oddity = 'device' | 'ending' | 'character' | 'length';

/** Why a path cannot be checked out everywhere; null when it can. */
function oddityOf(path: string): Oddity | null {
  if (path.length > maxPathChars) return 'length';
  for (const name of path.split('/')) {
    if (/[<>:"|?*]/.test(name)) return 'character';
    if (/[. ]$/.test(name)) return 'ending';
    const stem = name.split('.', 1)[0]?.trimEnd() ?? '';
    if (/^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])$/i.test(stem)) return 'device';
  }
  return null;
}

/** Maximum characters of a path: Windows has 259, including the folder of the checkout. */
const maxPathChars = 230;
/** Maximum bytes of a name, on all usual file systems. */
const maxNameBytes = 255;

const oddities: Readonly<Record<Oddity, string>> = {
  length: `it has more than ${maxPathChars} characters, too many for a checkout on Windows`,
  device: 'its name is a device name on Windows',
  ending: 'Windows drops the dot or space at the end of its name',
  character: 'its name has a character that Windows does not allow',
};

/** A path that must not land, and why. */
export interface BadName {
  readonly path: string;
  readonly why: string;
}

/** The added paths that cannot be checked out everywhere, except for reasons that existing paths violate already. */
export function findBadNames(added: readonly string[], all: readonly string[]): BadName[] {
  const isAdded = new Set(added);
  const known = new Set(all.flatMap((path) => (isAdded.has(path) ? [] : (oddityOf(path) ?? []))));
  const why = (path: string): string | null => {
    if (/[\p{Cc}\u2028\u2029\uFFFD]/u.test(path)) return 'its name contains control characters, or is not UTF-8';
    if (path.length * 3 > maxNameBytes && path.split('/').some((name) => Buffer.byteLength(name) > maxNameBytes))
      return `a name in it has more than ${maxNameBytes} bytes`;
    if (path.includes('\\')) return 'its name has a backslash, which separates folders elsewhere';
    if (path.split('/').some(posesAsGit)) return 'its name poses as a git folder';
    const oddity = oddityOf(path);
    return oddity !== null && !known.has(oddity) ? oddities[oddity] : null;
  };
  const found = added.flatMap((path) => {
    const odd = why(path);
    return odd === null ? [] : [{ path, why: odd }];
  });
  const odd = new Set(found.map(({ path }) => path));
  return [...found, ...findTwins(isAdded, all).filter(({ path }) => !odd.has(path))];
}

/** Files whose name collides with another file or folder, if one of the two was added. */
function findTwins(added: ReadonlySet<string>, all: readonly string[]): BadName[] {
  const found: BadName[] = [];
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const look = (path: string, other: string | undefined): void => {
    if (other === undefined || other === path || !(added.has(path) || added.has(other))) return;
    found.push({ path, why: `on other systems its name is the same as that of ${other}` });
  };
  for (const path of all) {
    const folded = foldedPath(path);
    look(path, files.get(folded));
    files.set(folded, path);
    for (let end = folded.lastIndexOf('/'); end > 0; end = folded.lastIndexOf('/', end - 1)) {
      const folder = folded.slice(0, end);
      if (folders.has(folder) && !added.has(path)) break;
      if (!folders.has(folder) || added.has(path)) folders.set(folder, path);
    }
  }
  for (const [folded, path] of files) look(path, folders.get(folded));
  return found;
}

/** True if a link in a repository leads out of it, or into its git folder, on any system. */
export function linkLeaves(path: string, target: string): boolean {
  if (/^(?:[/\\]|[a-z]:)/i.test(target) || /[\\\0]/.test(target)) return true;
  const at = path.split('/').slice(0, -1);
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') at.push(segment);
    else if (at.pop() === undefined) return true;
  }
  return at.some(posesAsGit);
}
