import { readdirSync, readFileSync } from 'node:fs';
import { markVariable } from './launcher.ts';

/**
 * Kills every process whose environment carries this mark, or one below it (`mark/…`): children that left their process
 * group, also those of a run that was killed. Looks at /proc, so elsewhere than on Linux it finds none. Best effort:
 * a process may clear its environment; the real tiers end them with their namespace. Returns how many were killed.
 */
export function sweepMarked(mark: string): number {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return 0; // no /proc on this system
  }
  const wanted = `${markVariable}=${mark}`;
  let killed = 0;
  for (const pid of pids) {
    try {
      if (Number(pid) === process.pid) continue;
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!environment.split('\0').some((entry) => entry === wanted || entry.startsWith(`${wanted}/`))) continue;
      process.kill(Number(pid), 'SIGKILL');
      killed++;
    } catch {
      // It ended meanwhile, or belongs to somebody else: not ours to kill.
    }
  }
  return killed;
}
