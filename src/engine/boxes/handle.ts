import path from 'node:path';
import type { WorkspaceHandle } from '../../model/agent.ts';
import type { UnitId } from '../../model/ids.ts';
import type { Box, Launcher } from '../../sandbox/launcher.ts';
import type { Cores } from '../../util/process/cores.ts';

/** A box as it is handed to the agent of a unit. `onTrouble` hears why a command of it never began. */
export function handleOf(
  tools: { readonly launcher: Launcher; readonly cores: Cores },
  box: Box,
  unit: UnitId,
  onTrouble: (why: string) => void,
  /** Where the whole output of an agent's program goes, and who is told what it wrote. */
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
      const run = async (): ReturnType<Launcher['run']> => launcher.run(box, command, { ...options, ...spilling });
      const result = await (options.isStep === true ? cores.share(unit, run) : run());
      if (isWhole) written.onEnd(result.output);
      if (result.trouble) onTrouble(result.trouble.why);
      return result;
    },
  };
}
