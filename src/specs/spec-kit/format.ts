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
      // Some repositories keep a copy of each feature.
      const isCopy = folder.includes('.specify/') && features.has(folder.replace('.specify/', ''));
      groups.push(...(isCopy ? main.map((file) => [file]) : [main]));
      groups.push(...files.filter((file) => !main.includes(file)).map((file) => [file]));
    }
    return groups;
  },
  load: lazily(async () => (await import('./spec-kit.ts')).reader),
};

const read = ['tasks.md', 'spec.md', 'plan.md'];

/** The feature's folder of a path; null if it is in none. */
function featureOf(path: string): string | null {
  return /^((?:.*\/)?\d{3,}-[^/]+)\/./.exec(path)?.[1] ?? null;
}
