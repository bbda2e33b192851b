import os from 'node:os';
import path from 'node:path';

/** The file that keeps what the user agreed to. This file imports little: quick commands look at it. */
export function trustFile(env: Readonly<Record<string, string | undefined>>): string {
  const configured = env['XDG_CONFIG_HOME'];
  const folder =
    configured !== undefined && path.isAbsolute(configured)
      ? configured
      : path.join(env['HOME'] ?? os.homedir(), '.config');
  return path.join(folder, 'backlog', 'trust.json');
}
