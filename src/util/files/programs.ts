import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Absolute path of a program, looked up in `searchPath` or, if it contains a `/`, from `base`. Null if not found. */
export function findProgram(program: string, base: string, searchPath: string): string | null {
  const folders = program.includes('/') ? [base] : searchPath.split(path.delimiter);
  return folders.map((folder) => path.resolve(folder, program)).find((file) => isProgram(file)) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
