import { aside, type Claimed } from '../format/format.ts';

/** The folder of a feature, as far as its name says so. */
interface Feature {
  readonly folder: string;
  /** Those of its files that are read. */
  readonly main: readonly string[];
  readonly others: readonly string[];
}

const read = ['tasks.md', 'spec.md', 'plan.md'];
/** The files of the tool itself, and what it keeps there. */
const ofProject = /(?:^|\/)\.specify\//;
/** What the tool writes beside a specification. */
const checklist = /^\/checklists\/[^/]+\.md$/;

function featuresIn(paths: readonly string[]): Feature[] {
  const byFolder = Map.groupBy(paths, (path) => /^((?:.*\/)?\d{3,}-[^/]+)\/./.exec(path)?.[1] ?? null);
  return [...byFolder].flatMap(([folder, files]): Feature[] => {
    if (folder === null) return [];
    const all = new Set(files);
    const main = read.map((name) => `${folder}/${name}`).filter((file) => all.has(file));
    return [{ folder, main, others: files.filter((file) => !main.includes(file)) }];
  });
}

/**
 * The files of features: those that are read together, and the others, which are not read. One with a specification alone is
 * known by its checklists, or because it lies in `.specify`; with `isOnly`, by its name. Other pages in `.specify` are not read.
 */
export function groupsIn(paths: readonly string[], isOnly = false): readonly Claimed[] {
  const features = featuresIn(paths);
  const isRead = ({ folder, main, others }: Feature): boolean => {
    if (main.length !== 1) return main.length > 1;
    if (isOnly || ofProject.test(folder)) return true;
    return main[0] === `${folder}/spec.md` && others.some((file) => checklist.test(file.slice(folder.length)));
  };
  const found = new Map(features.filter(isRead).map((feature) => [feature.folder, feature]));
  const isCopy = (folder: string): boolean => isAside(folder) || originalsOf(folder).some((other) => found.has(other));
  const groups = [...found.values()].flatMap(({ folder, main, others }): Claimed[] => [
    ...(isCopy(folder) ? main.map((file) => aside(file, 'copies of features')) : [main]),
    ...others.map((file) => aside(file)),
  ]);
  const ofFeatures = new Set([...found.values()].flatMap(({ main, others }) => [...main, ...others]));
  const pages = paths.filter((path) => ofProject.test(path) && path.endsWith('.md') && !ofFeatures.has(path));
  return [...groups, ...pages.map((file) => aside(file))];
}

/** The folder of a project's own files of the tool, and what is in it. */
function insideOf(folder: string): readonly [project: string, inside: string] | null {
  const [, project = '', inside] = /^((?:.*\/)?)\.specify\/(.+)$/.exec(folder) ?? [];
  return inside === undefined ? null : [project, inside];
}

/** True for a template, a memory or an archive in `.specify`, which is no feature. */
function isAside(folder: string): boolean {
  return /^(?:templates?|memory|scripts|extensions|presets|archived?|backups?)\//.test(insideOf(folder)?.[1] ?? '');
}

/**
 * Where the feature lies of which a folder in `.specify` may be a copy, elsewhere in the same project.
 */
function originalsOf(folder: string): string[] {
  const [project, inside] = insideOf(folder) ?? ['', null];
  if (inside === null) return [];
  const slug = inside.slice(inside.lastIndexOf('/') + 1);
  return [inside, slug, `specs/${slug}`].map((other) => `${project}${other}`);
}
