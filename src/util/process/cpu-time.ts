import { readdirSync, readFileSync } from 'node:fs';

/** What a process, its descendants and its process group have used so far, and whether one of their threads wants a core. */
export interface CpuUse {
  readonly ms: number;
  readonly wantsCore: boolean;
}

/** Milliseconds of a clock tick in `/proc`, which Linux fixes for programs. */
const tickMs = 10;

interface Stat {
  readonly parent: number;
  readonly group: number;
  readonly ms: number;
  readonly wantsCore: boolean;
}

/** Looks at the processes of these roots; null on systems without `/proc`. */
export function lookAtCpu(roots: readonly number[]): ReadonlyMap<number, CpuUse> | null {
  const processes = new Map<number, Stat>();
  try {
    for (const name of readdirSync('/proc')) {
      const stat = /^\d+$/.test(name) ? statOf(name) : null;
      if (stat !== null) processes.set(Number(name), stat);
    }
  } catch {
    return null;
  }
  const found = new Map(roots.map((root) => [root, { ms: 0, wantsCore: false }]));
  for (const [pid, { group, ms, wantsCore }] of processes) {
    let root = pid;
    // A process that its parent left behind is known by its group.
    for (let depth = 0; depth < 100 && !found.has(root) && root > 1; depth++) root = processes.get(root)?.parent ?? 0;
    const owner = found.has(root) ? root : group;
    const before = found.get(owner);
    if (before)
      found.set(owner, { ms: before.ms + ms, wantsCore: before.wantsCore || wantsCore || hasRunnableThread(pid) });
  }
  return found;
}

function statOf(pid: string): Stat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold blanks and parentheses; numbers from `man proc_pid_stat`, counted from the state (3) on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [14, 15, 16, 17].reduce((sum, field) => sum + Number(fields[field - 3]), 0);
    return {
      parent: Number(fields[1]),
      group: Number(fields[2]),
      ms: ticks * tickMs,
      wantsCore: fields[0] === 'R',
    };
  } catch {
    return null; // it ended meanwhile
  }
}

/** True if a thread runs or waits for a core: on a busy machine it may use little although it wants much. */
function hasRunnableThread(pid: number): boolean {
  try {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).some((thread) => {
      const stat = readFileSync(`${folder}/${thread}/stat`, 'latin1');
      return stat.startsWith('R', stat.lastIndexOf(')') + 2);
    });
  } catch {
    return false; // it ended meanwhile
  }
}
