import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WorkspaceHandle } from '../../model/agent.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import { removeTree } from '../../util/folders/remove.ts';

/*
 * The scratch folder of a box belongs to the user that runs its commands. Links in it could lead us outside of the box,
 * with our permissions. Use these functions only while nothing runs in the box.
 */

/**
 * Makes a new, empty folder in the scratch folder, replacing an existing file; returns its absolute path without links.
 */
export async function newFolder(workspace: Pick<WorkspaceHandle, 'scratch' | 'own'>, name: string): Promise<string> {
  const folder = path.join(await realpath(workspace.scratch), name);
  await removeTree(folder); // removes a link, not its target
  await mkdir(folder);
  await workspace.own([folder]);
  return folder;
}

/** Makes a folder with a unique name; returns its absolute path without links. */
export async function uniqueFolder(workspace: Pick<WorkspaceHandle, 'scratch' | 'own'>, name: string): Promise<string> {
  const folder = await mkdtemp(path.join(await realpath(workspace.scratch), `${name}-`));
  await workspace.own([folder]);
  return folder;
}

/**
 * Writes a file below the scratch folder without following links; gives it and its parent folders to the user that runs
 * commands.
 */
export async function giveFile(
  workspace: Pick<WorkspaceHandle, 'scratch' | 'own'>,
  file: string,
  data: string | Uint8Array,
): Promise<void> {
  writeConfined(workspace.scratch, file, data, { isSynced: false, mode: 0o600 });
  const above = file.split('/').map((_, index, all) => path.join(workspace.scratch, ...all.slice(0, index + 1)));
  await workspace.own(above.slice(1));
}

/** Error codes of a missing or unreadable file, a link or a socket. */
const noPlainFile: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES']);

/** The text of a plain file in a folder of `newFolder`; null if it is missing, no plain file, or too long. */
export async function readPlain(folder: string, name: string, maxBytes: number): Promise<string | null> {
  const file = path.join(folder, name);
  try {
    if ((await realpath(file)) !== file) return null;
    // Nor an endless pipe.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      return stat.isFile() && stat.size <= maxBytes ? await handle.readFile('utf8') : null;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (noPlainFile.has(code)) return null;
    throw error;
  }
}
