import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fieldsOf, git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import { userRules } from '../git/user-rules.ts';
import { Answers } from '../objects/answers.ts';
import { listTree, readTreeFile, withFolder } from '../objects/tree.ts';

const answers = new Answers<ReadonlyMap<string, string>>(8);

/** What a rule must contain to set the attribute; `binary` is a macro of git. */
const words = { filter: ['filter'], merge: ['merge', 'binary'] } as const;

/** The values of an attribute of those paths that have one, by the attributes of a tree or commit and of the user. */
export async function attributeOf(
  repository: Repository,
  tree: string,
  paths: readonly string[],
  attribute: keyof typeof words,
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  const ask = async (): Promise<ReadonlyMap<string, string>> => askGit(repository, tree, paths, attribute);
  return answers.get(repository, [tree], ask, [attribute, ...paths].join('\0'));
}

async function askGit(
  repository: Repository,
  tree: string,
  paths: readonly string[],
  attribute: keyof typeof words,
): Promise<ReadonlyMap<string, string>> {
  const listed = await listTree(repository, tree);
  const files = listed.filter(
    ({ path: file, mode }) => /(?:^|\/)\.gitattributes$/.test(file) && mode.startsWith('100'),
  );
  const rules: [string, Buffer][] = [];
  for (const { path: file } of files)
    rules.push([file, (await readTreeFile(repository, tree, file)) ?? Buffer.alloc(0)]);
  const { everywhere, here } = await userRules(repository, 'attributes');
  const texts = [everywhere, here, ...rules.map(([, bytes]) => bytes)];
  if (!texts.some((bytes) => words[attribute].some((word) => bytes.includes(word)))) return new Map();
  // A separate git dir, since our usual one overrides all attributes.
  return withFolder(repository, async (folder) => {
    const gitDir = path.join(folder, '.git');
    for (const name of ['objects', 'refs', 'info']) await mkdir(path.join(gitDir, name), { recursive: true });
    await writeFile(path.join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
    await writeFile(path.join(gitDir, 'info', 'attributes'), here);
    await writeFile(path.join(gitDir, 'global'), everywhere);
    for (const [file, bytes] of rules) {
      await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
      await writeFile(path.join(folder, file), bytes);
    }
    const told = await git(
      { cwd: folder, env: { GIT_DIR: gitDir, GIT_WORK_TREE: folder }, input: `${paths.join('\0')}\0` },
      ...['-c', `core.attributesFile=${path.join(gitDir, 'global')}`, 'check-attr', '-z', '--stdin', attribute],
    );
    const found = new Map<string, string>();
    const fields = fieldsOf(told);
    for (let at = 0; at + 2 < fields.length; at += 3) {
      const [file = '', , value = ''] = fields.slice(at, at + 3);
      if (value !== 'unspecified') found.set(file, value);
    }
    return found;
  });
}
