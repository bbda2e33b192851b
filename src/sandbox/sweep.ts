import { readdirSync, readFileSync } from 'node:fs';
import { markVariable } from './launcher.ts';

/** Living processes whose environment contains this mark, or one below it (`mark/…`). Reads /proc: Linux only. */
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
      return false; // it ended meanwhile, or belongs to another user
    }
  });
}

/**
 * Kills every process with this mark: children that left their process group, and those of a killed run. Best effort, since
 * a process may clear its environment; real tiers end processes with their namespace. Returns how many were killed.
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
