import path from 'node:path';
import { fieldsOf, git, recordOf } from '../git/git.ts';
import { quickRepository } from '../git/quick-refs.ts';

/** The files among `names` that HEAD contains, with their object names. Paths outside of the repository are ignored. */
export async function committedFiles(root: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const repository = quickRepository(root);
  const paths = [...new Set(names.map((name) => path.posix.normalize(name)))].filter(
    (name) => !/^(?:\/|\.\.(?:\/|$)|\.\/?$)/.test(name) && !name.endsWith('/') && !name.includes('\0'),
  );
  const found = new Map<string, string>();
  if (repository === null || paths.length === 0) return found;
  const listed = await git(
    {
      cwd: root,
      env: { GIT_DIR: repository.gitDir, GIT_LITERAL_PATHSPECS: '1', GIT_NO_LAZY_FETCH: '1' },
      allow: [128], // no commit yet
    },
    ...['ls-tree', '-z', '--full-tree', 'HEAD', '--', ...paths],
  );
  for (const line of listed.exitCode === 0 ? fieldsOf(listed) : []) {
    const { about, path: name } = recordOf(line);
    const [, type, object = ''] = about.split(' ');
    if (type === 'blob') found.set(name, object);
  }
  return found;
}
