import path from 'node:path';
import type { WorkspaceHandle } from '../../model/agent.ts';
import type { UnitId } from '../../model/ids.ts';
import type { Box, Launcher } from '../../sandbox/launcher.ts';
import type { Cores } from '../../util/process/cores.ts';

/** The handle of a box for an agent. `onTrouble` receives the reason if a command could not start. */
export function handleOf(
  tools: { readonly launcher: Launcher; readonly cores: Cores },
  box: Box,
  /** Null: no unit shares the cores with it. */
  unit: UnitId | null,
  onTrouble: (why: string) => void,
  /** A file for the whole output of an agent's program, and a callback for its output. */
  written?: { readonly spillTo: string; readonly onEnd: (output: string) => void },
): WorkspaceHandle {
  const { launcher, cores } = tools;
  return {
    path: box.workspace,
    cwd: path.join(box.workspace, box.cwd ?? ''),
    scratch: box.scratch,
    inside: (file) => launcher.inside(box, file),
    hasDoors: launcher.hasDoors,
    tier: launcher.tier,
    node: launcher.node,
    own: (paths) => launcher.own(box, paths),
    async exec(command, options) {
      const isWhole = options.isStep !== true && written !== undefined;
      const spilling = isWhole ? { spillTo: written.spillTo } : {};
      const run = async (onStart?: (pid: number) => void): ReturnType<Launcher['run']> =>
        launcher.run(box, command, { ...options, ...spilling, ...(onStart ? { onStart } : {}) });
      const result = await (options.isStep === true ? cores.share(unit ?? '', run) : run());
      if (isWhole) written.onEnd(result.output);
      if (result.trouble) onTrouble(result.trouble.why);
      return result;
    },
  };
}
