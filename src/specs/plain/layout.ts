import { aside, type Claimed } from '../format/format.ts';

/** What a file is by its path: `note` is no work. */
export type Kind = 'issue' | 'code-task' | 'epic-task' | 'spec' | 'plan' | 'note';

/** The files that are read together: the tasks of a folder, since they name each other, and each other file alone. */
export function groupsIn(paths: readonly string[]): readonly Claimed[] {
  const kinds = kindsIn(paths);
  const grouped = Map.groupBy(
    paths.filter((path) => kinds.has(path)),
    (path) => {
      const kind = kinds.get(path);
      if (kind === 'issue' || kind === 'code-task') return `${kind} ${folderOf(path)}`;
      if (kind === 'epic-task' || isEpic(path)) return `epic ${folderOf(path)}`;
      return path;
    },
  );
  const groups: (readonly string[])[] = [];
  for (const group of grouped.values()) {
    const hasTasks = group.some((path) => kinds.get(path) === 'epic-task');
    groups.push(...(hasTasks || !group.some(isEpic) ? [group] : group.map((path) => [path])));
  }
  const plans = groups.map((group) => withMarker(group, kinds, paths));
  const markers = new Set(plans.flatMap((group) => group.slice(1)));
  return plans.flatMap((group): Claimed[] => {
    const [file = ''] = group;
    if (group.length > 1) return [group];
    if (markers.has(file)) return [];
    return [kinds.get(file) === 'note' || isEpic(file) ? aside(file, 'documents') : group];
  });
}

/** The kinds of the files that belong to these layouts. */
export function kindsIn(paths: readonly string[]): ReadonlyMap<string, Kind> {
  const ideas = new Set(paths.filter(isIdea).map(folderOf));
  const epics = new Set(paths.filter(isEpic).map(folderOf));
  const kinds = new Map<string, Kind>();
  for (const path of paths) {
    if (!/\.md$/i.test(path) || /(?:^|\/)readme\.md$/i.test(path)) continue;
    const kind = kindOf(path) ?? beside(path, ideas, epics);
    if (kind !== null) kinds.set(path, kind);
  }
  return kinds;
}

function kindOf(path: string): Kind | null {
  if (/[^/]\.code-task\.md$/i.test(path)) return 'code-task';
  if (/(?:^|\/)issues\/issue-[^/]+\.md$/i.test(path) || /^issue-\d+[^/]*\.md$/i.test(path)) return 'issue';
  if (/(?:^|\/)epics\/[^/]+\/\d+\.md$/i.test(path)) return 'epic-task';
  if (/(?:^|\/)\.claude\/epics\//.test(path)) return 'note';
  if (/(?:^|\/)\.ralph\/specs\//.test(path)) return ralphKind(path);
  if (/(?:^|\/)superpowers\/specs\/[^/]+\.md$/.test(path)) return 'note';
  if (/(?:^|\/)plans\/[^/]+\.md$/.test(path) || /^\d{4}-\d{2}-\d{2}-[^/]+\.md$/.test(path)) return 'plan';
  return null;
}

/** Documents of a feature beside its plan. */
const documents =
  /(?:^|\/)(?:(?:research|design)\/.*|(?:requirements|design|detailed-design|rough-idea[^/]*|idea-honing|summary|context|validation|changelog)\.md)$/i;

function ralphKind(path: string): Kind {
  if (documents.test(path)) return 'note';
  return /(?:^|\/)plan\.md$/i.test(path) ? 'plan' : 'spec';
}

/** The kind of a file that only the files beside it tell: those of an idea, or of an epic. */
function beside(path: string, ideas: ReadonlySet<string>, epics: ReadonlySet<string>): Kind | null {
  const folder = folderOf(path);
  if (epics.has(folder)) return /^\d+\.md$/.test(nameOf(path)) ? 'epic-task' : 'note';
  for (let at = folder; at !== ''; at = folderOf(at)) if (ideas.has(at)) return ralphKind(path);
  return null;
}

/** A plan goes with the idea beside it, by which its folder is known. */
function withMarker(
  group: readonly string[],
  kinds: ReadonlyMap<string, Kind>,
  paths: readonly string[],
): readonly string[] {
  const [plan = ''] = group;
  if (group.length !== 1 || kinds.get(plan) !== 'plan' || kindOf(plan) !== null) return group;
  const idea = paths.find((path) => isIdea(path) && plan.startsWith(`${folderOf(path)}/`));
  return idea === undefined ? group : [plan, idea];
}

function isIdea(path: string): boolean {
  return /[^/]\/rough-idea\.md$/i.test(path);
}

/** True for the overview of an epic. */
export function isEpic(path: string): boolean {
  return /[^/]\/epic\.md$/i.test(path);
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Folders of the tools, which say nothing of the work in them. */
const usual: ReadonlySet<string> = new Set([
  ...['.artifacts', 'plan', 'issues', '.claude', 'epics', '.ralph', '.hermes', 'specs', 'tasks', 'docs', 'superpowers'],
  ...['plans', '.'],
]);

/** The key of a file: its name, below the folders that are not usual. */
export function keyOf(path: string, kind: Kind): string {
  const folders = folderOf(path)
    .split('/')
    .filter((name) => name !== '' && !usual.has(name));
  const name = nameOf(path).replace(/(?:\.code-task)?\.md$/i, '');
  const isNamed = kind !== 'plan' || !/^plan$/i.test(name) || folders.length === 0;
  return [...folders, ...(isNamed ? [name] : [])].map((part) => part.replace(/^\.+/, '')).join('.');
}
