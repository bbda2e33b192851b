import { statSync } from 'node:fs';

/** Why a process was not started. */
export interface StartFault {
  readonly isFolder: boolean;
  readonly says: string;
}

/** The system reports the same code for a missing program and a missing folder, so this checks the folder. */
export function startFault(
  { file, cwd }: { readonly file: string; readonly cwd: string },
  startError: string,
): StartFault {
  let folder: string | null = null;
  try {
    const found = statSync(cwd, { throwIfNoEntry: false });
    folder = found === undefined ? 'does not exist' : found.isDirectory() ? null : 'is not a folder';
  } catch (error) {
    folder = `cannot be accessed (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
  if (folder !== null) return { isFolder: true, says: `${cwd} ${folder}` };
  const isMissing = startError === 'ENOENT';
  return {
    isFolder: false,
    says: isMissing ? `${file} is not installed, or not on PATH` : `${file} cannot be started (${startError})`,
  };
}
