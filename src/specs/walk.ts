import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { patternMatches } from '../model/path-pattern.ts';

/** The spec files of a folder, sorted; hidden folders, `node_modules`, README files and ignored paths are left out. */
export async function findSpecFiles(
  folder: string,
  ignore: readonly string[],
): Promise<{ readonly files: readonly string[]; readonly diagnostics: readonly Diagnostic[] }> {
  const files: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const isIgnored = (file: string): boolean => ignore.some((pattern) => patternMatches(pattern, file));
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(path.join(folder, relative), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || isIgnored(file)) continue;
      if (entry.isDirectory()) await visit(file);
      else if (!/\.md$/i.test(entry.name) || /^readme\.md$/i.test(entry.name)) continue;
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(file);
    }
  };
  try {
    await visit('');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const message =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `there is no folder ${folder}`
        : `the folder ${folder} cannot be read (${code ?? String(cause)})`;
    diagnostics.push({
      severity: 'error',
      code: 'no-folder',
      message,
      hint: 'Name the folder that holds your specs, or make one with "backlog init".',
    });
  }
  return { files, diagnostics };
}
