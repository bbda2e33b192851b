import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Kills a process group; false if it had ended already. */
export function killGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** Waits up to a second until all processes of a killed group have ended. */
export async function groupEnd(pid: number): Promise<void> {
  for (let look = 0; look < 200 && hasLiving(pid); look++) await delay(5);
}

/** True while a process of the group lives; zombies do not count. */
function hasLiving(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false; // no such group: the usual case, and a cheap check
  }
  try {
    return readdirSync('/proc').some((name) => {
      if (!/^\d+$/.test(name)) return false;
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(pgrp) === group && state !== 'Z' && state !== 'X';
      } catch {
        return false; // it ended meanwhile
      }
    });
  } catch {
    return true; // no /proc on this system
  }
}
