import { runProcess } from '../../util/process/run-process.ts';

/** The version of git on PATH, such as `2.39.5`; null without one. */
export async function gitVersion(env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  const path = { PATH: env['PATH'] ?? '' };
  const { exitCode, stdout } = await runProcess({ file: 'git', args: ['version'], cwd: '/', env: path });
  return exitCode === 0
    ? stdout
        .toString()
        .trim()
        .replace(/^git version /, '')
    : null;
}
