import { access, lstat, rm } from 'node:fs/promises';
import { runProcess } from '../process/run-process.ts';

/**
 * Removes a folder in which foreign commands wrote, whatever it contains: paths too long for a system call, or folders
 * without permissions. Falls back to the system's `rm`, which descends step by step. A missing folder is no error.
 * Returns why it could not be removed, else null.
 */
export async function removeTree(folder: string): Promise<string | null> {
  // Most folders are small and plain.
  const problem = await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 }).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (problem === null) return null;
  if ((await lstat(folder)).isDirectory()) await makeOpen(folder); // never through a link
  const { stderr } = await runProcess({ file: 'rm', args: ['-rf', '--', folder], cwd: '/', env });
  const isGone = await access(folder).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  return isGone ? null : stderr.toString().trim().slice(-300) || problem;
}

/** Gives us access to all folders and files below one, as far as they are ours. */
export async function makeOpen(folder: string): Promise<void> {
  await runProcess({ file: 'chmod', args: ['-R', '--', 'u+rwX', folder], cwd: '/', env });
}

const env = { PATH: '/usr/bin:/bin' };
