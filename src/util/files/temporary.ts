import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeConfined } from './confined-file.ts';

/*
 * Our folders in the machine's temporary folder, for sockets, whose paths must be short. Each records the process that made
 * it; later processes remove those of dead ones.
 */

/** The purpose of a folder, which begins its name. */
type TemporaryKind = 'spawn' | 'model' | 'read' | 'edit' | 'check';

const kinds: readonly TemporaryKind[] = ['spawn', 'model', 'read', 'edit', 'check'];
const markName = 'owner';

/** Creates a folder that only this user may enter. */
export function makeTemporary(kind: TemporaryKind): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `backlog-${kind}-`));
  try {
    writeConfined(folder, markName, ownerOf(process.pid) ?? '', { mode: 0o600, isSynced: false });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true }); // for example, the disk is full
    throw error;
  }
}

/**
 * Creates such a folder, with a function that removes it. A signal that ends this process removes it, too; others that listen
 * to the signal still decide what it does.
 */
export function holdTemporary(kind: TemporaryKind): { readonly folder: string; readonly remove: () => void } {
  const folder = makeTemporary(kind);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const remove = (): void => {
    for (const signal of signals) process.off(signal, end);
    rmSync(folder, { recursive: true, force: true });
  };
  const end = (signal: NodeJS.Signals): void => {
    remove();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, end);
  return { folder, remove };
}

/** Removes folders of dead processes. Keeps those of other users, and those without a recorded owner. */
export function sweepTemporary(): void {
  for (const name of readdirSync(os.tmpdir())) {
    if (!kinds.some((kind) => name.startsWith(`backlog-${kind}-`))) continue;
    const folder = path.join(os.tmpdir(), name);
    try {
      const stat = lstatSync(folder);
      if (!stat.isDirectory() || stat.uid !== process.getuid?.()) continue;
      const owner = ownerIn(folder);
      if (owner === null && Date.now() - stat.mtimeMs > unnamedMs) rmdirSync(folder); // its maker died early
      if (owner === null) continue;
      const [pid = '', , place] = owner.split(' ');
      const [, , here] = ownerOf(process.pid)?.split(' ') ?? [];
      // A process in another container that shares this folder cannot be checked.
      if (place === undefined || place !== here || ownerOf(Number(pid)) === owner) continue;
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another run is creating or removing it.
    }
  }
}

/** Milliseconds that a folder may be without its owner's record, while it is being made. */
const unnamedMs = 60 * 60_000;

function ownerIn(folder: string): string | null {
  try {
    return readFileSync(path.join(folder, markName), 'utf8');
  } catch {
    return null;
  }
}

/** Identifies a process by number, start time and pid namespace; null if it is dead or /proc is unavailable. */
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
