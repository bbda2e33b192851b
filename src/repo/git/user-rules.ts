import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { folderIn, homeFolder } from '../../util/files/home.ts';
import { userGit } from './user-git.ts';

/*
 * The user's own ignore and attribute rules, which are in no commit: for this repository (`.git/info`) and for all.
 */

const keys = { ignore: 'core.excludesFile', attributes: 'core.attributesFile' } as const;
const own = { ignore: 'exclude', attributes: 'attributes' } as const;

/** The user's rules: for all repositories, and for this one, which take precedence. */
export async function userRules(
  repository: { readonly root: string; readonly gitDir: string },
  kind: keyof typeof keys,
): Promise<{ readonly everywhere: Buffer; readonly here: Buffer }> {
  const read = async (file: string | null): Promise<Buffer> =>
    file === null ? Buffer.alloc(0) : readFile(file).catch(noRules);
  return {
    everywhere: await read(await fileOf(repository.root, kind)),
    here: await read(path.join(repository.gitDir, 'info', own[kind])),
  };
}

const known = new Map<string, Promise<string | null>>();

async function fileOf(root: string, kind: keyof typeof keys): Promise<string | null> {
  const key = `${kind} ${root}`;
  const file = known.get(key) ?? askGit(root, kind);
  known.set(key, file);
  return file;
}

async function askGit(root: string, kind: keyof typeof keys): Promise<string | null> {
  const { text } = await userGit(root, 'config', '--type=path', '--get', keys[kind]);
  if (text !== null) return text === '' ? null : path.resolve(root, text);
  const home = homeFolder();
  const folder = folderIn('XDG_CONFIG_HOME') ?? (home === null ? null : path.join(home, '.config'));
  return folder === null ? null : path.join(folder, 'git', kind);
}

/** As for git, a missing or unreadable file has no rules; other errors are thrown. */
function noRules(error: NodeJS.ErrnoException): Buffer {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP'].includes(error.code ?? '')) throw error;
  return Buffer.alloc(0);
}
