import { spawn } from 'node:child_process';
import type { Env } from '../files/home.ts';

/** The program that opens a file as a person's desktop would. */
function opener(env: Env): string {
  return env['BROWSER'] ?? (process.platform === 'darwin' ? 'open' : 'xdg-open');
}

/**
 * Opens a file for a person, in `BROWSER` or with the program that the desktop chooses, which goes on by itself. Resolves
 * to null, or to why nothing could be opened, as a clause.
 */
export async function openFile(file: string, env: Env): Promise<string | null> {
  const program = opener(env);
  const child = spawn(program, [file], { stdio: 'ignore', detached: true, env });
  return new Promise((resolve) => {
    child.once('error', () => resolve(`"${program}" cannot be started`));
    // A browser may stay open; an opener that fails ends at once.
    const settle = setTimeout(() => resolve(null), 2000);
    child.once('exit', (code) => {
      clearTimeout(settle);
      resolve(code === 0 ? null : `"${program}" ended with ${code === null ? 'a signal' : `exit ${code}`}`);
    });
    child.unref();
  });
}
