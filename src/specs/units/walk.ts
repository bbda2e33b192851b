import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { Fingerprint } from '../../util/values/fingerprint.ts';
import { compareNames } from '../text/names.ts';
import { type Claim, claimFiles, type Reading, sight } from '../formats/formats.ts';

/** The claims of all formats on the files of a folder, sorted. Skips ignored paths, and hidden folders of no format. */
export function findSpecs(
  folder: string,
  reading: Reading,
): { readonly claims: readonly Claim[]; readonly diagnostics: readonly SpecDiagnostic[] } {
  try {
    const { files, unnamed } = walk(folder, reading);
    if (unnamed.length === 0) return { claims: claimFiles(files, reading), diagnostics: [] };
    const lost = new Set(unnamed.map(({ file }) => file));
    const all = claimFiles([...files, ...unnamed.flatMap(({ file, isFolder }) => (isFolder ? [] : [file]))], reading);
    const claims = all.flatMap((claim) => {
      const named = claim.files.filter((file) => !lost.has(file));
      return named.length === 0 ? [] : [{ ...claim, files: named }];
    });
    const claimed = new Map(all.flatMap(({ format, files: own }) => own.map((file) => [file, format.name] as const)));
    const diagnostics = unnamed.flatMap(({ file, isFolder }) => {
      const format = claimed.get(file);
      // Most pages of a repository are no specs, and neither are most of its folders.
      const isSure = !isFolder && !(reading.isRepository === true && format === 'native');
      return isFolder || format !== undefined ? [notUtf8(file, isFolder ? 'folder' : 'file', isSure)] : [];
    });
    return { claims, diagnostics };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const message =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no folder ${folder}`
        : `the folder ${folder} cannot be read (${code ?? String(cause)})`;
    const hint = 'Name the folder with your specs, or create one with "backlog init".';
    return { claims: [], diagnostics: [{ severity: 'error', code: 'no-folder', message, hint }] };
  }
}

function notUtf8(file: string, what: 'file' | 'folder', isError: boolean): SpecDiagnostic {
  return {
    severity: isError ? 'error' : 'warning',
    code: 'name-not-utf8',
    message: `the name of this ${what} is not UTF-8, so ${what === 'file' ? 'it is not' : 'nothing in it is'} read`,
    hint: 'Rename it: "ls -b" shows its bytes. Or add it to "ignore" in backlog.config.json.',
    file,
  };
}

/**
 * True if something in a folder is a spec, or a part of a backlog that is done. Looks no further than the first one, and no
 * deeper than the paths. A folder that cannot be read counts, so that this is told.
 */
export function hasSpecs(folder: string, reading: Reading): boolean {
  const isThere = (files: readonly string[]): boolean => claimFiles(files, reading).some(isOfBacklog);
  let isFound = false;
  try {
    const { files, unnamed } = walk(folder, reading, (own) => (isFound = isThere(own)));
    return isFound || unnamed.length > 0 || isThere(files);
  } catch {
    return true;
  }
}

/** True for files that are read, or that look like work. */
export function isOfBacklog({ aside }: Claim): boolean {
  return aside === null || aside.is !== undefined;
}

/** The state of a folder's spec files, from their metadata. */
export interface Look {
  /** Changes if a file is added, removed or written. */
  readonly digest: string;
  /** The latest modification time, in ms since the epoch. */
  readonly youngest: number;
}

/** Reads the metadata of a folder's spec files, not their content; null on any error. */
export function lookAtSpecs(folder: string, reading: Reading): Look | null {
  const print = new Fingerprint();
  let youngest = 0;
  try {
    const { files: all, unnamed } = walk(folder, reading);
    if (unnamed.length > 0) return null; // it is told each time
    const claims = claimFiles(all, reading);
    for (const file of new Set(claims.flatMap(({ files }) => files))) {
      const stat = lstatSync(`${folder}/${file}`);
      print.add(`${file}\0${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}\n`);
      youngest = Math.max(youngest, stat.mtimeMs, stat.ctimeMs);
    }
    return { digest: print.toString(), youngest };
  } catch {
    return null;
  }
}

/** What is in a folder, relative to it. */
interface Walked {
  readonly files: readonly string[];
  /** Files and folders whose names are not UTF-8, so that nothing can be opened by them; their bytes are shown as U+FFFD. */
  readonly unnamed: readonly { readonly file: string; readonly isFolder: boolean }[];
}

/**
 * The visible files and links of a folder, in order. Synchronous, since the file system cache answers faster than promises. Ends
 * early once `isEnough` says so of the files of one of its folders.
 */
function walk(folder: string, reading: Reading, isEnough: (files: readonly string[]) => boolean = () => false): Walked {
  const isSeen = sight(reading);
  const files: string[] = [];
  const unnamed: { file: string; isFolder: boolean }[] = [];
  const visit = (relative: string): boolean => {
    const entries: Dirent[] = readdirSync(path.join(folder, relative), { withFileTypes: true });
    entries.sort((a, b) => compareNames(a.name, b.name));
    const own: { file: string; isFolder: boolean; isLost: boolean }[] = [];
    for (const entry of entries) {
      const file = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (!isSeen(file)) continue;
      const isLost =
        entry.name.includes('\uFFFD') && lstatSync(path.join(folder, file), { throwIfNoEntry: false }) === undefined;
      if (isLost || entry.isDirectory() || entry.isFile() || entry.isSymbolicLink())
        own.push({ file, isFolder: entry.isDirectory(), isLost });
    }
    if (isEnough(own.flatMap(({ file, isFolder, isLost }) => (isFolder || isLost ? [] : [file])))) return true;
    for (const { file, isFolder, isLost } of own) {
      if (isLost) unnamed.push({ file, isFolder });
      else if (!isFolder) files.push(file);
      else if (visit(file)) return true;
    }
    return false;
  };
  visit('');
  return { files, unnamed };
}
