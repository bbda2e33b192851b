import type { Command } from 'commander';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import { locate } from '../repo/git/locate.ts';
import type { Typed } from '../engine/project/typed.ts';
import { here, shownPath, typedFrom } from '../util/files/here.ts';
import { shellWord } from '../util/text/shell-word.ts';

const configName = 'backlog.config.json';
const isDefault = '(default: found in this folder or its parents)';

/** The option of every command that works on a specs folder. */
export interface FolderOptions {
  readonly specs?: string;
}

/** Adds the specs folder as an argument, and as `-s`. */
export function withFolder(command: Command): Command {
  return withSpecs(command.argument('[folder]', `the specs folder ${isDefault}`));
}

/** Adds only `-s`, for a command with other arguments. */
export function withSpecs(command: Command): Command {
  return command.option('-s, --specs <folder>', `the specs folder ${isDefault}`);
}

/** The specs folder of a command: the named one, otherwise `foundFolder`. Throws an `InputError` if there is none. */
export function specsFolder(options: FolderOptions, argument?: string): string {
  const named = namedFolder(options, argument);
  if (named !== undefined) return named;
  const found = foundFolder();
  if (found !== null) return found;
  throw inputError(
    'no-folder',
    'there is no specs folder here',
    'Create one with "backlog init", or name the folder with your specs.',
  );
}

/**
 * The nearest specs folder in the current folder or its parents within the repository, as a relative path. Null if there is
 * none.
 */
export function foundFolder(): string | null {
  const start = here();
  if (start === null) return null;
  const top = locate(start)?.root ?? start;
  for (let at = start; ; at = path.dirname(at)) {
    const found = specsIn(at);
    if (found !== null) return path.relative(start, found) || '.';
    if (at === top) return null;
  }
}

/** The `specs` in a folder, otherwise the folder itself if it has a configuration, otherwise the only one in it that has. */
function specsIn(folder: string): string | null {
  const usual = path.join(folder, 'specs');
  if (isFolder(usual)) return usual;
  if (existsSync(path.join(folder, configName))) return folder;
  if (!isFolder(folder)) return null; // removed in the meantime
  const found = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, configName)),
  );
  return found.length === 1 ? path.join(folder, found[0]?.name ?? '') : null;
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The specs folder from the argument or `-s`. Throws an `InputError` if they differ. */
export function namedFolder({ specs }: FolderOptions, argument?: string): string | undefined {
  if (argument !== undefined && specs !== undefined && path.resolve(argument) !== path.resolve(specs))
    throw inputError(
      'two-folders',
      `two specs folders are named: "${argument}", and "${specs}" with --specs`,
      'Name one of them.',
    );
  return argument ?? specs;
}

/** Options that the next suggested command needs, too. */
export interface Again {
  readonly into?: string;
  readonly trust?: readonly string[];
  readonly allowUnsandboxed?: true;
}

/** These options as input of a verb that runs checks or lands. */
export function workInput({ into, trust, allowUnsandboxed }: Again): {
  readonly into: string | null;
  readonly trust: readonly string[] | null;
  readonly allowUnsandboxed: boolean;
} {
  return { into: into ?? null, trust: trust ?? null, allowUnsandboxed: allowUnsandboxed === true };
}

/** The commands that take each option. */
export const takers: Readonly<Record<keyof Again, readonly string[]>> = {
  into: ['run', 'merge', 'adopt', 'undo'],
  trust: ['run', 'merge', 'adopt', 'undo', 'approve'],
  allowUnsandboxed: ['run', 'adopt', 'undo', 'approve'],
};

/** Builds command lines for suggestions: with `-C`, with the options to repeat, and with the folder if it is not found. */
export function typedFor(folder: string, { into, trust = [], allowUnsandboxed }: Again = {}): Typed {
  const [cwd, from] = [here(), typedFrom()];
  const at = cwd === null || from === cwd ? [] : ['-C', shownPath(cwd)];
  const found = foundFolder();
  const isFound = found !== null && path.resolve(found) === path.resolve(folder);
  const specs = isFound ? [] : ['-s', folder];
  return {
    from,
    command: (...words) => {
      const takes = (what: keyof Again): boolean => takers[what].includes(words[0] ?? '');
      const flags = [
        ...(into !== undefined && takes('into') && !words.includes('--into') ? ['--into', into] : []),
        ...(takes('trust') ? trust.flatMap((digest) => ['--trust', digest]) : []),
        ...(allowUnsandboxed === true && takes('allowUnsandboxed') ? ['--allow-unsandboxed'] : []),
      ];
      return ['backlog', ...at, ...words, ...flags, ...specs].map(shellWord).join(' ');
    },
  };
}
