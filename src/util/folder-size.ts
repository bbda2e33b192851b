import { runProcess } from './process.ts';

/**
 * Bytes of all files in a folder, whatever lies in it, however deep or closed; what cannot be seen is not counted. Takes
 * time by the number of files, in a process of its own.
 */
export async function bytesIn(folder: string): Promise<number> {
  const args = ['-sk', '--apparent-size', '--', folder];
  const { stdout } = await runProcess({ file: 'du', args, cwd: '/', env: { PATH: '/usr/bin:/bin' } });
  return Number.parseInt(stdout.toString(), 10) * 1024 || 0;
}
