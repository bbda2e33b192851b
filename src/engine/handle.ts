import type { WorkspaceHandle } from '../model/agent.ts';
import type { Box, Launcher } from '../sandbox/launcher.ts';

/** A box as it is handed to an agent. */
export function handleOf(launcher: Launcher, box: Box): WorkspaceHandle {
  return {
    path: box.workspace,
    scratch: box.scratch,
    inside: (path) => launcher.inside(box, path),
    hasDoors: launcher.hasDoors,
    tier: launcher.tier,
    own: (paths) => launcher.own(box, paths),
    exec: (command, options) => launcher.run(box, command, options),
  };
}
