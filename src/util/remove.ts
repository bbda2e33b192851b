import { access, lstat, rm } from 'node:fs/promises';
import { runProcess } from './process.ts';

/**
 * Removes a folder that foreign commands could write, with all that is in it, whatever they left: folders deeper than a
 * path may be long, that nobody may enter, or that cannot be written. The system's own tools go down step by step, so no
 * path is ever too long for them. One that is not there is no error. Returns why it could not be removed, else null.
 */
export async function removeTree(folder: string): Promise<string | null> {
  // Most are small and plain.
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

/** Lets us into all folders below one, and at all files, as far as they are ours. */
export async function makeOpen(folder: string): Promise<void> {
  await runProcess({ file: 'chmod', args: ['-R', '--', 'u+rwX', folder], cwd: '/', env });
}

const env = { PATH: '/usr/bin:/bin' };
