import { type ProcessResult, runProcess } from '../util/process/run-process.ts';
import { programs } from './strict.ts';
import type { TierName } from './tier.ts';

/**
 * Runs a program as the user sees the machine, to compare with its run in a box: with all files, but read-only, without
 * network, and only with the given environment. Null if that is not possible.
 */
export async function runAsOutside(
  tier: TierName,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProcessResult | null> {
  if (tier !== 'strict') return null;
  const held = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-all', '--die-with-parent'];
  const set = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]);
  const args = [...held, '--new-session', '--chdir', '/', '--clearenv', ...set, '--', ...argv];
  return runProcess({ file: 'bwrap', args, cwd: '/', env: { PATH: programs }, timeoutMs: 20_000 });
}
