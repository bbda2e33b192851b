/** A spec: a folder with its tasks, its requirements or a bug's analysis, and its design. */
export interface Spec {
  /** Without a trailing slash; empty if the specs folder itself is the spec. */
  readonly folder: string;
  /** Its name, after those of the folders around it; empty if the specs folder itself is the spec. */
  readonly key: string;
  readonly isArchived: boolean;
  /** The tasks first. */
  readonly files: readonly string[];
}

/** The files of Kiro among other paths. */
export interface Layout {
  readonly specs: readonly Spec[];
  readonly others: readonly string[];
}

const read = ['tasks.md', 'requirements.md', 'bugfix.md', 'design.md', '.config.kiro', 'spec.json'];

/** Folders around specs that are no part of their names. */
const around = new Set(['', '.kiro', '.spec-workflow', 'specs']);

/**
 * Finds the specs: folders in `.kiro/specs`, elsewhere folders with the same files, and those with some of these files beside
 * them; with `isKiro`, all folders with some of these files. Everything in `.kiro` belongs to Kiro.
 */
export function layoutOf(paths: readonly string[], isKiro: boolean): Layout {
  const names = new Map<string, Set<string>>();
  for (const path of paths) {
    const { folder, name } = split(path);
    if (read.includes(name)) names.set(folder, (names.get(folder) ?? new Set()).add(name));
  }
  const specs: Spec[] = [];
  const taken = new Set<string>();
  const whole = foldersOfSpecs(names);
  for (const [folder, own] of names) {
    const isPart = own.has('tasks.md') || isStated(own);
    const isSure = isSpec(folder, own) || (isKiro && isPart && !isInKiro(folder));
    const isBeside = isPart && !isInKiro(folder) && folder !== '' && whole.has(split(folder).folder);
    if (!isSure && !isBeside) continue;
    const files = filesOf(folder, own);
    for (const file of files) taken.add(file);
    const parts = folder.split('/').filter((part) => !around.has(part));
    specs.push({
      folder,
      key: parts.join('.'),
      isArchived: /(?:^|\/)[._-]?archived?\//i.test(folder),
      files,
    });
  }
  const folders = new Set(specs.map(({ folder }) => folder));
  const isOther = (path: string): boolean =>
    !taken.has(path) && (isInKiro(path) || (path.includes('/') && folders.has(split(path).folder)));
  return { specs, others: paths.filter(isOther) };
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const end = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(end, 0)), name: path.slice(end + 1) };
}

function isInKiro(path: string): boolean {
  return /(?:^|\/)\.kiro(?:\/|$)/.test(path);
}

function filesOf(folder: string, names: ReadonlySet<string>): string[] {
  return read.filter((name) => names.has(name)).map((name) => (folder === '' ? name : `${folder}/${name}`));
}

/** The folders with a whole spec in them, beside which others may have begun. */
function foldersOfSpecs(names: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>();
  for (const [folder, own] of names) {
    const { folder: above, name } = split(folder);
    if (folder !== '' && own.has('tasks.md') && isStated(own) && !documents.test(name)) found.add(above);
  }
  return found;
}

function isStated(names: ReadonlySet<string>): boolean {
  return names.has('requirements.md') || names.has('bugfix.md');
}

/** The names of folders for documents of every kind. */
const documents = /^(?:docs?|documentation)$/i;

function isSpec(folder: string, names: ReadonlySet<string>): boolean {
  const states = isStated(names);
  if (/(?:^|\/)\.kiro\/specs\/./.test(folder)) return names.has('tasks.md') || states;
  if (!names.has('tasks.md')) return false;
  if (names.has('.config.kiro')) return true;
  const isNamed = folder !== '' && !documents.test(split(folder).name);
  return states && (isNamed || names.has('design.md'));
}
