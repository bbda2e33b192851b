import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Env, folderIn, homeFolder } from '../../util/files/home.ts';
import { userGit, type UserPlace } from './user-git.ts';

/*
 * The user's own ignore and attribute rules, which are in no commit: for this repository (`.git/info`) and for all.
 */

const keys = { ignore: 'core.excludesFile', attributes: 'core.attributesFile' } as const;
const own = { ignore: 'exclude', attributes: 'attributes' } as const;

/** The user's rules: for all repositories, and for this one, which take precedence. */
export async function userRules(
  repository: UserPlace & { readonly gitDir: string },
  kind: keyof typeof keys,
): Promise<{ readonly everywhere: Buffer; readonly here: Buffer }> {
  const read = async (file: string | null): Promise<Buffer> =>
    file === null ? Buffer.alloc(0) : readFile(file).catch(noRules);
  return {
    everywhere: await read(await fileOf(repository, kind)),
    here: await read(path.join(repository.gitDir, 'info', own[kind])),
  };
}

/** What each environment's git said, by kind and folder. */
const known = new WeakMap<Env, Map<string, Promise<string | null>>>();

async function fileOf(place: UserPlace, kind: keyof typeof keys): Promise<string | null> {
  const files = known.get(place.env) ?? new Map<string, Promise<string | null>>();
  known.set(place.env, files);
  const key = `${kind} ${place.root}`;
  let file = files.get(key);
  if (file === undefined) {
    file = askGit(place, kind);
    files.set(key, file);
    file.catch(() => files.delete(key)); // git may answer the next time
  }
  return file;
}

async function askGit(place: UserPlace, kind: keyof typeof keys): Promise<string | null> {
  const { root, env } = place;
  const { text } = await userGit(place, 'config', '--type=path', '--get', keys[kind]);
  if (text !== null) return text === '' ? null : path.resolve(root, text);
  const home = homeFolder(env);
  const folder = folderIn('XDG_CONFIG_HOME', env) ?? (home === null ? null : path.join(home, '.config'));
  return folder === null ? null : path.join(folder, 'git', kind);
}

/** As for git, a missing or unreadable file has no rules; other errors are thrown. */
function noRules(error: NodeJS.ErrnoException): Buffer {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP'].includes(error.code ?? '')) throw error;
  return Buffer.alloc(0);
}
