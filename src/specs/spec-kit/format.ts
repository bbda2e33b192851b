import { type Format, lazily } from '../format/format.ts';

/**
 * spec-kit: a folder `NNN-slug` per feature with `spec.md`, `plan.md` and `tasks.md`, below `specs` or `.specify/specs`. All
 * its files are claimed; only these three are read.
 */
export const specKit: Format = {
  name: 'spec-kit',
  hiddenFolders: ['.specify'],
  claim(paths) {
    const features = Map.groupBy(paths, featureOf);
    const groups: (readonly string[])[] = [];
    for (const [folder, files] of features) {
      if (folder === null) continue;
      const main = read.map((name) => `${folder}/${name}`).filter((file) => files.includes(file));
      if (main.length < 2) continue;
      groups.push(...(isAside(folder, features) ? main.map((file) => [file]) : [main]));
      groups.push(...files.filter((file) => !main.includes(file)).map((file) => [file]));
    }
    return groups;
  },
  load: lazily(async () => (await import('./spec-kit.ts')).reader),
};

const read = ['tasks.md', 'spec.md', 'plan.md'];

/**
 * True for a folder that is no feature of its own, whose files are claimed one by one: a copy in `.specify` of one that lies
 * elsewhere in the same project, or a template, a memory or an archive there.
 */
function isAside(folder: string, features: ReadonlyMap<string | null, unknown>): boolean {
  const [, project = '', inside] = /^((?:.*\/)?)\.specify\/(.+)$/.exec(folder) ?? [];
  if (inside === undefined) return false;
  if (/^(?:templates?|memory|scripts|extensions|presets|archived?|backups?)\//.test(inside)) return true;
  const slug = inside.slice(inside.lastIndexOf('/') + 1);
  return [inside, slug, `specs/${slug}`].some((other) => features.has(`${project}${other}`));
}

/** The feature's folder of a path; null if it is in none. */
function featureOf(path: string): string | null {
  return /^((?:.*\/)?\d{3,}-[^/]+)\/./.exec(path)?.[1] ?? null;
}
