import { lineCounts } from '../../repo/objects/diff.ts';
import { listSome } from '../../model/list-some.ts';
import { isLockfile } from '../../model/lockfiles.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readTreeFile } from '../../repo/objects/tree.ts';

/** Packages that are listed by name. */
const maxNamed = 20;

/** Describes a landed change's effect on each lockfile: by package for npm's, else by number of lines. */
export async function lockfileChanges(
  repository: Repository,
  before: string,
  after: string,
  files: readonly string[],
): Promise<string[]> {
  const changed = files.filter(isLockfile);
  return Promise.all(
    changed.map(async (file) => {
      const [was, is] = await Promise.all([
        readTreeFile(repository, before, file),
        readTreeFile(repository, after, file),
      ]);
      const changes = comparePackages(packagesOf(was), packagesOf(is));
      if (changes === null || changes.length === 0) {
        const { added, removed } = await lineCounts(repository, before, after, [file]);
        return `${file} changed: +${added} −${removed} lines.`;
      }
      return `${file} changed: ${listSome(changes, maxNamed)}.`;
    }),
  );
}

/** Versions by install path from an npm lockfile (version 2 or 3); null for any other file. */
function packagesOf(bytes: Buffer | null): ReadonlyMap<string, string> | null {
  try {
    const lock = JSON.parse(bytes?.toString('utf8') ?? '{"packages":{}}') as {
      packages?: Readonly<Record<string, { version?: string; resolved?: string }>>;
    };
    if (typeof lock.packages !== 'object') return null;
    return new Map(
      Object.entries(lock.packages)
        .filter(([place]) => place !== '')
        .map(([place, { version, resolved }]) => [place, version ?? resolved ?? '?']),
    );
  } catch {
    return null; // not JSON
  }
}

function comparePackages(
  before: ReadonlyMap<string, string> | null,
  after: ReadonlyMap<string, string> | null,
): string[] | null {
  if (!before || !after) return null;
  const nameOf = (place: string): string => place.replace(/^node_modules\//, '').replaceAll('/node_modules/', ' > ');
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((place) => {
    const [was, is] = [before.get(place), after.get(place)];
    if (was === is) return [];
    if (was === undefined) return [`added ${nameOf(place)} ${is ?? ''}`];
    return [is === undefined ? `removed ${nameOf(place)} ${was}` : `${nameOf(place)} ${was} → ${is}`];
  });
}
