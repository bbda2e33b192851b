import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WorkspaceHandle } from '../../model/agent.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import { removeTree } from '../../util/folders/remove.ts';

/*
 * The scratch folder of a box belongs to whom its commands run as: they may have put links there, which lead us, outside
 * of the box and with our rights, where they could not go themselves. Call these only while nothing of the box runs.
 */

/** Makes a new, empty folder in the scratch folder, whatever stood there; returns its absolute path, links resolved. */
export async function newFolder(workspace: Pick<WorkspaceHandle, 'scratch' | 'own'>, name: string): Promise<string> {
  const folder = path.join(await realpath(workspace.scratch), name);
  await removeTree(folder); // of a link, the link
  await mkdir(folder);
  await workspace.own([folder]);
  return folder;
}

/** The same with a name that nobody has. */
export async function uniqueFolder(workspace: Pick<WorkspaceHandle, 'scratch' | 'own'>, name: string): Promise<string> {
  const folder = await mkdtemp(path.join(await realpath(workspace.scratch), `${name}-`));
  await workspace.own([folder]);
  return folder;
}

/**
 * Writes a file below the scratch folder, through no link that was left there, and gives it and the folders above it to
 * whom commands run as.
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

/** What the machine says of a name that is not there, is a link or a socket, or was closed to us. */
const noPlainFile: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES']);

/** The text of a plain file in a folder that `newFolder` made; null when it is none, leads elsewhere, or is too long. */
export async function readPlain(folder: string, name: string, maxBytes: number): Promise<string | null> {
  const file = path.join(folder, name);
  try {
    if ((await realpath(file)) !== file) return null;
    // Not a pipe that never ends, either.
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
