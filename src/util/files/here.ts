import { pathFrom } from './path-from.ts';

/*
 * Owns the current folder of the process, and the one in which its command was typed. Either may be removed at any time
 * (by checking out another branch, or cleaning a build folder).
 */

/** The folder in which the command was typed; undefined until the process goes elsewhere. */
let typedIn: string | null | undefined;

/** Absolute path of the current folder; null if it was removed. */
export function here(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** Absolute path of the folder in which the command was typed; null if it was removed. */
export function typedFrom(): string | null {
  return typedIn === undefined ? here() : typedIn;
}

/** Changes the current folder, for `-C`; paths are still shown relative to where the command was typed. */
export function goTo(folder: string): void {
  const from = here();
  process.chdir(folder);
  if (typedIn === undefined) typedIn = from;
}

/** A path as a person would type it in the folder where the command was typed. */
export function shownPath(absolute: string): string {
  return pathFrom(typedFrom(), absolute);
}
