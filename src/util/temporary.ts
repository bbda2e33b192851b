import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeConfined } from './confined-file.ts';

/*
 * Folders of ours in the machine's temporary folder, for sockets, whose paths must be short. Each holds the name of the
 * process that made it, which nobody else can have while it lives; who starts next removes those of the dead.
 */

/** What such folders are for; the beginning of their names. */
export type TemporaryKind = 'spawn' | 'model' | 'read';

const kinds: readonly TemporaryKind[] = ['spawn', 'model', 'read'];
const markName = 'owner';

/** Makes a folder that only this user may enter. Its name says nothing of what is in it. */
export function makeTemporary(kind: TemporaryKind): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `backlog-${kind}-`));
  try {
    writeConfined(folder, markName, ownerOf(process.pid) ?? '', { mode: 0o600, isSynced: false });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true }); // the disk is full, say
    throw error;
  }
}

/** Removes what processes that are dead left behind. What belongs to another user, or to nobody who can be named, stays. */
export function sweepTemporary(): void {
  for (const name of readdirSync(os.tmpdir())) {
    if (!kinds.some((kind) => name.startsWith(`backlog-${kind}-`))) continue;
    const folder = path.join(os.tmpdir(), name);
    try {
      const stat = lstatSync(folder);
      if (!stat.isDirectory() || stat.uid !== process.getuid?.()) continue;
      const owner = ownerIn(folder);
      if (owner === null && Date.now() - stat.mtimeMs > unnamedMs) rmdirSync(folder); // its maker died before it said so
      if (owner === null) continue;
      const [pid = '', , place] = owner.split(' ');
      const [, , here] = ownerOf(process.pid)?.split(' ') ?? [];
      // A process elsewhere (in another container that shares this folder) cannot be asked for.
      if (place === undefined || place !== here || ownerOf(Number(pid)) === owner) continue;
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // It is just being made or removed by another run: it is left as it is.
    }
  }
}

/** Milliseconds for which a folder may be without the name of its owner: while it is being made. */
const unnamedMs = 60 * 60_000;

function ownerIn(folder: string): string | null {
  try {
    return readFileSync(path.join(folder, markName), 'utf8');
  } catch {
    return null;
  }
}

/** A process by its number, its start, and where numbers count; null where it is not there, or the machine does not tell. */
function ownerOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    return `${pid} ${rest[18] ?? ''} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
