import { spawn } from 'node:child_process';
import type { Env } from '../files/home.ts';

/** Lets a person edit a file in their editor, on this process's terminal. Resolves to its exit code; null if it was killed. */
export async function editFile(editor: string, file: string, env: Env): Promise<number | null> {
  // As git does: the editor is a shell command.
  const child = spawn('/bin/sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
