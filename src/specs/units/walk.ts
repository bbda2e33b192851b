import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { Fingerprint } from '../../util/values/fingerprint.ts';
import { compareNames } from '../text/names.ts';
import { type Claim, claimFiles, type Reading, sight } from '../formats/formats.ts';

/** The claims of all formats on the files of a folder, sorted. Skips ignored paths, and hidden folders of no format. */
export function findSpecs(
  folder: string,
  reading: Reading,
): { readonly claims: readonly Claim[]; readonly diagnostics: readonly Diagnostic[] } {
  try {
    return { claims: claimFiles(walk(folder, reading), reading.formats), diagnostics: [] };
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
    const claims = claimFiles(walk(folder, reading), reading.formats);
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

/** The visible files and links of a folder, in order. Synchronous, since the file system cache answers faster than promises. */
function walk(folder: string, reading: Reading): string[] {
  const isSeen = sight(reading);
  const files: string[] = [];
  const visit = (relative: string): void => {
    const entries: Dirent[] = readdirSync(path.join(folder, relative), { withFileTypes: true });
    entries.sort((a, b) => compareNames(a.name, b.name));
    for (const entry of entries) {
      const file = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (!isSeen(file)) continue;
      if (entry.isDirectory()) visit(file);
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(file);
    }
  };
  visit('');
  return files;
}
