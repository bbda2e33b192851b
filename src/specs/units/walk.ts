import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { Fingerprint } from '../../util/values/fingerprint.ts';
import { type Claim, claimFiles, sight } from '../formats/formats.ts';

/** What formats claim of the files of a folder, sorted; ignored paths are left out, and folders that no format looks into. */
export function findSpecs(
  folder: string,
  ignore: readonly string[],
): { readonly claims: readonly Claim[]; readonly diagnostics: readonly Diagnostic[] } {
  try {
    return { claims: claimFiles(walk(folder, ignore)), diagnostics: [] };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const message =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no folder ${folder}`
        : `the folder ${folder} cannot be read (${code ?? String(cause)})`;
    const hint = 'Name the folder that holds your specs, or make one with "backlog init".';
    return { claims: [], diagnostics: [{ severity: 'error', code: 'no-folder', message, hint }] };
  }
}

/** How the spec files of a folder look from outside. */
export interface Look {
  /** Changes when a file is added, removed or written. */
  readonly digest: string;
  /** When the youngest of them was written, in ms since the epoch. */
  readonly youngest: number;
}

/** Looks at the spec files of a folder without reading them; null when that is not possible. */
export function lookAtSpecs(folder: string, ignore: readonly string[]): Look | null {
  const print = new Fingerprint();
  let youngest = 0;
  try {
    for (const file of claimFiles(walk(folder, ignore)).flatMap(({ files }) => files)) {
      const stat = lstatSync(`${folder}/${file}`);
      print.add(`${file}\0${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}\n`);
      youngest = Math.max(youngest, stat.mtimeMs, stat.ctimeMs);
    }
    return { digest: print.toString(), youngest };
  } catch {
    return null;
  }
}

/** The plain files and links of a folder that are looked at, in order. Synchronous: a thousand answers of the disk's cache take no time to wait for. */
function walk(folder: string, ignore: readonly string[]): string[] {
  const isSeen = sight(ignore);
  const files: string[] = [];
  const visit = (relative: string): void => {
    const entries: Dirent[] = readdirSync(path.join(folder, relative), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
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
