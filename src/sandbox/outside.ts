import { type ProcessResult, runProcess } from '../util/process/run-process.ts';
import { programs } from './strict.ts';
import type { TierName } from './tier.ts';

/**
 * Runs a program of the user's as they see the machine, to compare with how it runs in a box: with all of their files, but
 * read-only, without network, and with nothing of their environment but what is given. Null where that cannot be had.
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
