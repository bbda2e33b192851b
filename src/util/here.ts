import path from 'node:path';

/*
 * The one owner of the current folder: where the process is, and where its command was typed. Such a folder can be
 * removed at any time (another branch was checked out, a build folder was cleaned).
 */

/** Where the command was typed; undefined while the process never went elsewhere. */
let typedIn: string | null | undefined;

/** Absolute path of the folder that the process is in; null when it was removed before anybody asked. */
export function here(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** Absolute path of the folder where the command was typed; null when it was removed. */
export function typedFrom(): string | null {
  return typedIn === undefined ? here() : typedIn;
}

/** Goes to a folder, as `-C` says; what is shown stays as seen from where the command was typed. */
export function goTo(folder: string): void {
  const from = here();
  process.chdir(folder);
  if (typedIn === undefined) typedIn = from;
}

/** A path as a person would type it where the command was typed. */
export function shownPath(absolute: string): string {
  const from = typedFrom();
  const relative = from === null ? '..' : path.relative(from, absolute);
  return relative.startsWith('..') ? absolute : relative || '.';
}
