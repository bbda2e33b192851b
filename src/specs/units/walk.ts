import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { compilePattern, compiledMatches } from '../../model/path-pattern.ts';
import { Fingerprint } from '../../util/fingerprint.ts';

/** The spec files of a folder, sorted; hidden folders, `node_modules`, README files and ignored paths are left out. */
export function findSpecFiles(
  folder: string,
  ignore: readonly string[],
): { readonly files: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  const files: string[] = [];
  try {
    walk(folder, ignore, (file) => files.push(file));
    return { files, diagnostics: [] };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const message =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no folder ${folder}`
        : `the folder ${folder} cannot be read (${code ?? String(cause)})`;
    const hint = 'Name the folder that holds your specs, or make one with "backlog init".';
    return { files, diagnostics: [{ severity: 'error', code: 'no-folder', message, hint }] };
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
    walk(folder, ignore, (file, absolute) => {
      const stat = lstatSync(absolute);
      print.add(`${file}\0${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}\n`);
      youngest = Math.max(youngest, stat.mtimeMs, stat.ctimeMs);
    });
    return { digest: print.toString(), youngest };
  } catch {
    return null;
  }
}

/** True for a path, relative to the specs folder, that would be read as a spec if it were a file there. */
export function isSpecFile(file: string, ignore: readonly string[]): boolean {
  const names = file.split('/');
  const isHidden = names.some((name) => name.startsWith('.') || name === 'node_modules');
  const above = names.map((_, index) => names.slice(0, index + 1).join('/'));
  const isIgnored = ignore.map(compilePattern).some((pattern) => above.some((one) => compiledMatches(pattern, one)));
  return !isHidden && !isIgnored && hasSpecName(names.at(-1) ?? '');
}

function hasSpecName(name: string): boolean {
  return /\.md$/i.test(name) && !/^readme\.md$/i.test(name);
}

/** Calls `found` for each spec file, in order. Synchronous: a thousand answers of the disk's cache take no time to wait for. */
function walk(folder: string, ignore: readonly string[], found: (file: string, absolute: string) => void): void {
  const ignored = ignore.map(compilePattern);
  const isIgnored = (file: string): boolean => ignored.some((pattern) => compiledMatches(pattern, file));
  const visit = (relative: string): void => {
    const entries: Dirent[] = readdirSync(path.join(folder, relative), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const { name } = entry;
      const file = relative === '' ? name : `${relative}/${name}`;
      if (name.startsWith('.') || name === 'node_modules' || isIgnored(file)) continue;
      if (entry.isDirectory()) visit(file);
      else if (!hasSpecName(name)) continue;
      else if (entry.isFile() || entry.isSymbolicLink()) found(file, `${folder}/${file}`);
    }
  };
  visit('');
}
