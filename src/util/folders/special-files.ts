import { runProcess } from '../process/run-process.ts';

/**
 * Removes all pipes, sockets and devices below a folder, on its own file system; folders that cannot be read are left out.
 * Returns how many there were.
 */
export async function removeSpecialFiles(folder: string): Promise<number> {
  const { stdout } = await runProcess({
    file: 'find',
    args: [folder, '-xdev', '(', ...kinds, ')', '-print0', '-delete'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  return stdout.toString('latin1').split('\0').length - 1;
}

const kinds = ['p', 's', 'b', 'c'].flatMap((kind, index) => [...(index === 0 ? [] : ['-o']), '-type', kind]);
