import { aside, type Aside } from '../format/format.ts';
import { compareNames } from '../text/names.ts';

/** A change: a folder with its proposal, its tasks, its design and its delta specs. */
export interface Change {
  /** Its name, after that of the folder with `openspec` if there is one; empty if the specs folder itself is the change. */
  readonly key: string;
  readonly isArchived: boolean;
  /** Its Markdown files: proposal, tasks, design, then the others by name. */
  readonly files: readonly string[];
}

/** The files of OpenSpec among other paths. */
export interface Layout {
  readonly changes: readonly Change[];
  /** Files that belong to no change, and files of changes that are no Markdown. */
  readonly others: readonly string[];
}

const home = /^((?:.*?\/)?openspec\/)(?:(?:changes|specs)\/|project\.md$|config\.ya?ml$)/;
const ofHome =
  /^(?:(?:changes|schemas|initiatives|work|explorations)\/|specs\/.+\/spec\.md$|(?:project|AGENTS)\.md$|config\.ya?ml$)/;
const delta = /^((?:archive\/)?(?:[^/]+\/)?)specs\/.+\/spec\.md$/;
const ofChange = /^(.+?)\/(?:(?:proposal|tasks)\.md|specs\/.+\.md)$/;

/**
 * Finds the changes. The paths may be relative to the repository, to `openspec`, to `openspec/changes`, or to one change; in
 * a repository, `openspec` may lie at any depth.
 */
export function layoutOf(paths: readonly string[]): Layout {
  const roots = rootsOf(paths);
  const placed = paths.flatMap((path) => {
    const root = roots(path);
    return root === null ? [] : [{ path, root }];
  });
  const candidates = new Map<string, string>();
  for (const { path, root } of placed) {
    if (root.changes === null) continue;
    const name = ofChange.exec(path.slice(root.changes.length))?.[1] ?? (root.isChange ? '' : undefined);
    if (name !== undefined) candidates.set(`${root.changes}${name}`, root.changes);
  }
  const folderOf = (path: string): string | null => {
    if (candidates.has('')) return '';
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
      if (candidates.has(path.slice(0, end))) return path.slice(0, end);
    return null;
  };
  const byFolder = Map.groupBy(
    placed.map(({ path }) => path),
    (path) => (path.endsWith('.md') ? folderOf(path) : null),
  );
  const changes = [...byFolder].flatMap(([folder, files]): Change[] => {
    if (folder === null) return [];
    const root = candidates.get(folder) ?? '';
    return [{ ...named(root, folder.slice(root.length)), files: inOrder(folder, files) }];
  });
  return { changes, others: byFolder.get(null) ?? [] };
}

/** Where a path of OpenSpec lies. */
interface Root {
  /** The folder of its changes, with a trailing slash; null for a path that is not below it. */
  readonly changes: string | null;
  /** True if the specs folder itself is a change. */
  readonly isChange: boolean;
}

/** Says of each path where it lies; null for a path that does not belong to OpenSpec. */
function rootsOf(paths: readonly string[]): (path: string) => Root | null {
  const homes = new Set(paths.flatMap((path) => home.exec(path)?.[1] ?? []));
  const names = new Set(paths);
  const deltas = new Set(paths.flatMap((path) => delta.exec(path)?.[1] ?? []));
  const hasDelta = (folder: string): boolean => deltas.has(folder) && names.has(`${folder}proposal.md`);
  const isHome =
    paths.some((path) => path.startsWith('changes/') && ofChange.test(path.slice('changes/'.length))) ||
    (deltas.has('') && ['project.md', 'config.yaml', 'config.yml'].some((name) => names.has(name)));
  return (path) => {
    for (let at = path.indexOf('openspec/'); at >= 0; at = path.indexOf('openspec/', at + 1)) {
      const folder = path.slice(0, at + 'openspec/'.length);
      if (homes.has(folder)) return { changes: below(path, `${folder}changes/`), isChange: false };
    }
    if (isHome && ofHome.test(path)) return { changes: below(path, 'changes/'), isChange: false };
    if (isHome || homes.size > 0) return null;
    if (hasDelta('')) return isPart(path) ? { changes: '', isChange: true } : null;
    const [, own = ''] = /^((?:archive\/)?[^/]+\/)/.exec(path) ?? [];
    return own !== '' && hasDelta(own) ? { changes: '', isChange: false } : null;
  };
}

function below(path: string, folder: string): string | null {
  return path.startsWith(folder) ? folder : null;
}

function isPart(path: string): boolean {
  return /^(?:(?:proposal|tasks|design)\.md$|specs\/)/.test(path);
}

/** The key of a change: `api.add-login` in `api/openspec/changes/add-login`. */
function named(root: string, name: string): Pick<Change, 'key' | 'isArchived'> {
  const project = root.replace(/(?:^|\/)(?:openspec\/)?changes\/$/, '').split('/');
  // A repository may sort its changes by the day on which they began.
  const slug = name.replace(/^\d{4}\/\d{2}\/(?:\d{2}-)?/, '').split('/');
  return {
    key: [...project, ...slug].filter((part) => part !== '').join('.'),
    isArchived: /^[._-]?archived?\//i.test(name),
  };
}

const first = ['proposal.md', 'tasks.md', 'design.md'];

function inOrder(folder: string, files: readonly string[]): string[] {
  const placeOf = (file: string): number => {
    const place = first.indexOf(folder === '' ? file : file.slice(folder.length + 1));
    return place < 0 ? first.length : place;
  };
  return files.toSorted((a, b) => placeOf(a) - placeOf(b) || compareNames(a, b));
}

/** A change in the archive is done; its name has the day of that before it. */
export function archivedChange({ key, files }: Change): Aside[] {
  const slug = key.replace(/(^|\.)[._-]?archived?\./i, '$1').replace(/(^|\.)\d{4}-\d{2}-\d{2}-(?=.)/, '$1');
  const why = 'archived changes';
  return files.map((file, index) => {
    if (index > 0) return aside(file);
    return { file, is: slug === '' ? { why } : { why, key: slug, end: 'done' } };
  });
}

/** A file outside of all changes. */
export function otherFile(file: string): Aside {
  if (/(?:^|\/)schemas\/.+\.md$/.test(file)) return aside(file, 'templates');
  if (/(?:^|\/)specs\/.+\.md$/.test(file)) return aside(file, 'specs of what is there');
  return /(?:^|\/)tasks\.md$/.test(file) ? aside(file, 'tasks outside of changes') : aside(file);
}
