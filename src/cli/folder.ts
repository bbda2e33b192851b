import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import { locate } from '../repo/locate.ts';

const configName = 'backlog.config.json';

/**
 * The specs folder that a command means: the one that it names, else the one that belongs to the current folder. A folder
 * that nobody made one is never taken for one. Throws an `InputError` when there is none.
 */
export function specsFolder(named: string | undefined): string {
  if (named !== undefined) return named;
  const found = foundFolder();
  if (found !== null) return found;
  throw inputError(
    'no-folder',
    'there is no specs folder here',
    'Make one with "backlog init", or name the folder that holds your specs.',
  );
}

/**
 * The specs folder that belongs to the current folder, as a person would type it: looked for here, then above, as far as
 * the repository goes. Null for none.
 */
export function foundFolder(): string | null {
  const here = realpathSync('.');
  const top = locate(here)?.root ?? here;
  for (let at = here; ; at = path.dirname(at)) {
    const found = specsIn(at);
    if (found !== null) return path.relative(here, found) || '.';
    if (at === top) return null;
  }
}

/** A folder itself when it has a configuration, else its `specs`, else the one folder in it that has a configuration. */
function specsIn(folder: string): string | null {
  const usual = path.join(folder, 'specs');
  if (isFolder(usual)) return usual;
  if (existsSync(path.join(folder, configName))) return folder;
  const found = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, configName)),
  );
  return found.length === 1 ? path.join(folder, found[0]?.name ?? '') : null;
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A path as a person would type it here. */
export function shownPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative.startsWith('..') ? absolute : relative || '.';
}
