import { readdirSync, readFileSync } from 'node:fs';
import { markVariable } from './launcher.ts';

/**
 * The living processes whose environment carries this mark, or one below it (`mark/…`). Looks at /proc, so elsewhere
 * than on Linux it finds none.
 */
export function findMarked(mark: string): number[] {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // no /proc on this system
  }
  const wanted = `${markVariable}=${mark}`;
  return pids.map(Number).filter((pid) => {
    if (pid === process.pid) return false;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return environment.split('\0').some((entry) => entry === wanted || entry.startsWith(`${wanted}/`));
    } catch {
      return false; // it ended meanwhile, or belongs to somebody else
    }
  });
}

/**
 * Kills every process with this mark: children that left their process group, also those of a run that was killed.
 * Best effort: a process may clear its environment; the real tiers end them with their namespace. Returns how many
 * were killed.
 */
export function sweepMarked(mark: string): number {
  let killed = 0;
  for (const pid of findMarked(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
      killed++;
    } catch {
      // It ended meanwhile.
    }
  }
  return killed;
}
