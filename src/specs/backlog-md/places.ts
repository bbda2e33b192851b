import { type Aside, aside, type End } from '../format/format.ts';

/** A Markdown file of the format. */
export interface Place {
  readonly file: string;
  readonly kind: Kind;
  /** The project's configuration, if the file is a task; null without one. */
  readonly config: string | null;
  /** The id in its name; null if it is not named like a task. */
  readonly id: string | null;
}

const kinds = ['tasks', 'completed', 'drafts', 'archive', 'milestones', 'docs', 'decisions'] as const;
type Kind = (typeof kinds)[number];

/** The format's Markdown files among paths. */
export function placesOf(paths: readonly string[]): Place[] {
  const configs = configsOf(paths);
  const files = paths.filter((path) => /\.md$/i.test(path));
  const folders = new Set<string>();
  for (const file of files)
    for (const { folder, kind } of splits(file))
      if (isNamed(file, folder, configs) && !isBesides(kind)) folders.add(folder);
  return files.flatMap((file): Place[] => {
    const split = splits(file).find(({ folder }) => folders.has(folder));
    if (!split)
      return file.includes('/') || !isStrict(file) ? [] : [{ file, kind: 'tasks', config: null, id: idOf(file) }];
    const { folder, kind } = split;
    const isTask = (kind === 'tasks' || kind === 'completed') && isNamed(file, folder, configs);
    return [{ file, kind, config: isTask ? configs(folder) : null, id: isTask ? idOf(file) : null }];
  });
}

/** The kind of a file of the format by its path alone; null for other files. */
export function kindOf(file: string): Kind | null {
  const found = splits(file);
  return (found.find(({ kind }) => kind === 'archive') ?? found.at(-1))?.kind ?? null;
}

/** Folders whose files have names of their own, so that they show nothing. */
function isBesides(kind: Kind): boolean {
  return kind === 'milestones' || kind === 'docs' || kind === 'decisions';
}

/** The ways to split a path into the project's folder, one of its own folders, and the rest. */
function splits(file: string): { readonly folder: string; readonly kind: Kind }[] {
  const names = file.split('/').slice(0, -1);
  return names.flatMap((name, index) => {
    const kind = kinds.find((one) => one === name);
    return kind ? [{ folder: names.slice(0, index).join('/'), kind }] : [];
  });
}

/** The configuration of a project's folder: in it, or `backlog.config.yml` in a folder above. */
function configsOf(paths: readonly string[]): (folder: string) => string | null {
  const own = new Map<string, string>();
  const above = new Map<string, string>();
  for (const path of paths) {
    const [, folder = '', name = ''] = /^(?:(.*)\/)?([^/]+)$/.exec(path) ?? [];
    if (/^config\.ya?ml$/.test(name) && !own.has(folder)) own.set(folder, path);
    if (name === 'backlog.config.yml') above.set(folder, path);
  }
  const inside = (folder: string): string | null => {
    const found = above.get(folder);
    if (found !== undefined || folder === '') return found ?? null;
    return inside(folder.split('/').slice(0, -1).join('/'));
  };
  return (folder) => own.get(folder) ?? inside(folder);
}

const anyName = /(?:^|\/)(\p{L}[\p{L}\p{N}]*(?:-\p{L}+)*-\d+(?:\.\d+)*)(?![\p{L}\p{N}.])[^/]*\.md$/iu;
const bareName = /(?:^|\/)(\p{L}[\p{L}\p{N}]*(?:-\p{L}+)*-\d+(?:\.\d+)*)\.md$/iu;

/** The id in the name of a task's file; null without one. */
export function idOf(file: string): string | null {
  return (anyName.exec(file) ?? bareName.exec(file))?.[1] ?? null;
}

/** True for the name that the program gives to a task with the default prefix. */
function isStrict(file: string): boolean {
  return /(?:^|\/)task-(?:\p{L}+-)*\d+(?:\.\d+)* - [^/]*\.md$/iu.test(file);
}

/** True for a file that is named like a task. Without a configuration, other files could be named so, too. */
function isNamed(file: string, folder: string, configs: (folder: string) => string | null): boolean {
  const id = idOf(file);
  if (id === null) return false;
  if (configs(folder) !== null || isStrict(file)) return true;
  const isUsual = /(?:^|\/)\.?backlog$/i.test(folder);
  return isUsual && (/^task-/i.test(id) || file.slice(file.lastIndexOf('/') + 1).startsWith(`${id} - `));
}

/** A file that is no task, and may look like one. Documents do not. */
export function otherFile(file: string): Aside {
  const kind = kindOf(file);
  const why = kind === null || /(?:^|\/)readme\.md$/i.test(file) ? undefined : nouns.get(kind);
  if (why === undefined || kind === null) return aside(file);
  const [end, key] = [ends.get(kind), idOf(file)];
  return { file, is: end === undefined || key === null ? { why } : { why, key, end } };
}

const nouns: ReadonlyMap<string, string> = new Map([
  ['drafts', 'drafts'],
  ['archive', 'archived tasks'],
  ['milestones', 'milestones'],
  ['tasks', 'files that are not named like tasks'],
  ['completed', 'files that are not named like tasks'],
]);

const ends: ReadonlyMap<string, End> = new Map<string, End>([
  ['drafts', { hold: 'is a draft' }],
  ['archive', 'archived'],
]);
