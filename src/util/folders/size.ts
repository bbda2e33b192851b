import { runProcess } from '../process/run-process.ts';

/** Bytes of all files in a folder, at any depth; unreadable parts do not count. Runs `du`. */
export async function bytesIn(folder: string): Promise<number> {
  const args = ['-sk', '--apparent-size', '--', folder];
  const { stdout } = await runProcess({ file: 'du', args, cwd: '/', env: { PATH: '/usr/bin:/bin' } });
  return Number.parseInt(stdout.toString(), 10) * 1024 || 0;
}
