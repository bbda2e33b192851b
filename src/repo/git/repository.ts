import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { refused } from '../../model/refusal.ts';
import { shownName } from '../../model/shown-name.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import type { Env } from '../../util/files/home.ts';
import { type CheckoutSettings, readCheckoutSettings } from './checkout-settings.ts';
import { fieldsOf, git, type GitResult, textOf, wrongIn } from './git.ts';
import { type Located, locate } from './locate.ts';
import { requireWhole } from './partial-clone.ts';
import { lastLogged } from './quick-refs.ts';
import { userGit, type UserPlace } from './user-git.ts';

/** The opened target repository. Its working tree, index and HEAD are never changed. */
export interface Repository extends UserPlace {
  /** Absolute path of the working tree's root. */
  readonly root: string;
  /** Absolute path of the common git dir. */
  readonly gitDir: string;
  /** A private git dir on the target's objects and refs, with neutral configuration and attributes. */
  readonly plumbing: string;
  /** HEAD's commit. */
  readonly head: string;
  readonly identity: Identity;
  /** How the user's checkout shows a tree's files. */
  readonly checkout: CheckoutSettings;
}

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/**
 * Runs git on the target's objects and ours with our own git dir: none of the target's filters, hooks or drivers apply. New
 * objects go to our store, see `own-objects.ts`.
 */
export async function plumb(
  repository: Pick<Repository, 'plumbing' | 'gitDir'>,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string | Uint8Array;
    readonly allow?: readonly number[];
    readonly onOutput?: (chunk: Buffer) => void;
    readonly maxOutputBytes?: number;
    /** Kills git when it aborts, which is then an error. */
    readonly signal?: AbortSignal;
  },
  ...args: readonly string[]
): Promise<GitResult> {
  return git(
    {
      cwd: repository.plumbing,
      ...options,
      env: { ...plumbingEnv(repository), ...options.env },
    },
    ...args,
  );
}

/** The environment for our git dir, with the target's objects as alternates. */
export function plumbingEnv({ plumbing, gitDir }: Pick<Repository, 'plumbing' | 'gitDir'>): Record<string, string> {
  return {
    GIT_DIR: plumbing,
    GIT_OBJECT_DIRECTORY: path.join(plumbing, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(path.join(gitDir, 'objects')),
    GIT_SHALLOW_FILE: path.join(gitDir, 'shallow'),
  };
}

/** A path in a colon-separated list of git's. */
function quotedPath(file: string): string {
  return `"${file.replace(/[\\"]/g, '\\$&')}"`;
}

/** Runs git on the target's refs, with an explicit git dir and no working tree. */
export async function refs(
  repository: Pick<Repository, 'gitDir'>,
  options: {
    readonly input?: string;
    readonly allow?: readonly number[];
    readonly env?: Readonly<Record<string, string>>;
  },
  ...args: readonly string[]
): Promise<GitResult> {
  return git({ cwd: repository.gitDir, ...options, env: { GIT_DIR: repository.gitDir, ...options.env } }, ...args);
}

/**
 * A folder's repository; null if there is none. Git must agree with what the files say, under the user's own settings
 * (`safe.directory`). Throws an `InputError` if git refuses, or sees another repository.
 */
export async function findRepository(folder: string, env: Env): Promise<Located | null> {
  const located = locate(await realpath(folder).catch(() => path.resolve(folder)));
  if (located === null) return null;
  const key = [located.root, located.gitDir, located.commonDir].join('\0');
  const known = agreed.get(env) ?? new Map<string, Located>();
  agreed.set(env, known);
  if (known.has(key)) return located;
  const found = await agreeWithGit(located, env);
  if (found !== null) known.set(key, found);
  return found;
}

/** Repositories that git has confirmed, by the environment of whoever asked: their settings decide. */
const agreed = new WeakMap<Env, Map<string, Located>>();

/** The repositories found so far for whoever has this environment. */
export function repositoriesMet(env: Env): readonly Located[] {
  return [...(agreed.get(env)?.values() ?? [])];
}

async function agreeWithGit(located: Located, env: Env): Promise<Located | null> {
  const { root } = located;
  const ask = (...what: readonly string[]): ReturnType<typeof userGit> =>
    userGit({ root, env }, 'rev-parse', '--path-format=absolute', ...what);
  const places = ['--show-toplevel', '--git-dir', '--git-common-dir'];
  const told = await ask(...places);
  if (told.text === null) {
    if (/must be run in a work tree/.test(told.stderr)) return null; // a bare repository
    throw inputError(
      'unusable-repository',
      `git refuses the repository ${root}: ${wrongIn(told.stderr)}`,
      /dubious ownership/.test(told.stderr)
        ? `If you trust its owner: git config --global --add safe.directory ${root}`
        : /not a git repository/.test(told.stderr)
          ? `Its HEAD names no branch: write "ref: refs/heads/<branch>" into ${path.join(located.gitDir, 'HEAD')}. Then see "git status", and "git fsck --full".`
          : `See "git status" there.`,
    );
  }
  const lines = told.text.split('\n');
  // Names with line ends: ask for each one separately.
  const answers =
    lines.length === places.length ? lines : await Promise.all(places.map(async (one) => (await ask(one)).text ?? ''));
  const [toplevel = '', gitDir = '', commonDir = ''] = await Promise.all(
    answers.map((answer) => realpath(answer).catch(() => answer)),
  );
  if (toplevel !== root || gitDir !== located.gitDir || commonDir !== located.commonDir) {
    throw inputError(
      'odd-repository',
      `git takes ${shownName(toplevel)} for the working tree of ${shownName(root)}, and ${shownName(commonDir)} for its repository`,
      'See "core.worktree" in its configuration; work in a plain clone or worktree.',
    );
  }
  return located;
}

/** The error for a HEAD without a commit: there is none yet, or it was lost. */
function noCommit({ root, gitDir, commonDir }: Located, said: string): Error {
  const last = lastLogged(gitDir, 'HEAD');
  if (last === null && said === '')
    return inputError(
      'no-commit',
      `the repository ${root} has no commit yet`,
      'Commit once; the work starts from your commit.',
    );
  const why = said === '' ? '' : ` (${wrongIn(said)})`;
  return inputError(
    'no-commit',
    `git finds no commit for HEAD in the repository ${root}${why}`,
    `If you began a branch of its own, commit once. Else it is damaged: see "git fsck --full"; refs lie in ${path.join(commonDir, 'refs')} and ${path.join(commonDir, 'packed-refs')}${last === null ? '' : `, and HEAD was last at ${last}`}.`,
  );
}

/** Opens the target repository. Throws an `InputError` with the next step if it cannot be used. */
export async function openRepository(options: {
  readonly folder: string;
  /** Our state folder, in which the private git dir is made. */
  readonly stateFolder: string;
  readonly identity: Identity | null;
  /** The environment of the user whose git settings hold. */
  readonly env: Env;
}): Promise<Repository> {
  const { env } = options;
  // Otherwise a repository above the missing folder would be found.
  if ((await stat(options.folder).catch(() => null))?.isDirectory() !== true)
    throw inputError(
      'no-target',
      `the target folder ${options.folder} does not exist`,
      'Name the folder of a repository under "target", relative to the configuration file.',
    );
  const found = await findRepository(options.folder, env);
  if (!found) throw refused('no-repository', { folder: options.folder });
  const user = { root: found.root, env };
  const { text: head, stderr } = await userGit(user, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (head === null) throw noCommit(found, stderr);
  await checkVersion();
  const gitDir = found.commonDir;
  const plumbing = path.join(options.stateFolder, 'git');
  await preparePlumbing(plumbing);
  const repository = { ...user, gitDir, plumbing, head };
  await requireWhole(repository);
  if ((await userGit(user, 'rev-parse', '--show-object-format')).text !== 'sha1') {
    throw inputError(
      'object-format',
      'this repository uses SHA-256 object names, which are not supported yet',
      'Name a SHA-1 repository under "target".',
    );
  }
  const [entries, checkout] = await Promise.all([
    plumb(repository, {}, 'ls-tree', '-r', '-z', '--full-tree', head).then(fieldsOf),
    readCheckoutSettings(repository),
  ]);
  if (entries.some((entry) => entry.startsWith('160000 '))) {
    throw inputError(
      'submodules',
      'this repository has submodules, which are not supported yet',
      'Name a repository without submodules under "target".',
    );
  }
  return { ...repository, checkout, identity: options.identity ?? (await userIdentity(user)) };
}

let isNewEnough = false;

async function checkVersion(): Promise<void> {
  if (isNewEnough) return;
  const version = textOf(await git({ cwd: '/' }, 'version'));
  const match = /(\d+)\.(\d+)/.exec(version);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  if (major < 2 || (major === 2 && minor < 38))
    throw inputError('old-git', `${version} is too old`, 'Install git 2.38 or newer.');
  isNewEnough = true;
}

async function preparePlumbing(plumbing: string): Promise<void> {
  for (const name of ['info', 'objects', 'refs']) await makeFolder(path.join(plumbing, name));
  await writeOnce(plumbing, 'HEAD', 'ref: refs/heads/none\n');
  await writeOnce(plumbing, 'config', '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  // Bytes pass unchanged; line ends and encodings are handled in `shown.ts`.
  await writeOnce(
    plumbing,
    'info/attributes',
    '* -text -eol -filter -ident -working-tree-encoding -export-ignore -export-subst !merge\n',
  );
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw inputError(
      'odd-state',
      `${folder} cannot be created: a file is in its way`,
      'Move the file aside, and run the same command again.',
    );
  }
}

/** Writes only if the text differs, so that a read-only disk does not matter where nothing changes. */
async function writeOnce(folder: string, file: string, text: string): Promise<void> {
  const now = await readFile(path.join(folder, file), 'utf8').catch(() => null);
  if (now !== text) writeConfined(folder, file, text, { isSynced: false });
}

/** The user's git identity, or a neutral one of ours. */
async function userIdentity(user: UserPlace): Promise<Identity> {
  const { text } = await userGit(user, 'var', 'GIT_COMMITTER_IDENT');
  const match = /^(.*) <(.*)> \d+ [+-]\d+$/.exec(text ?? '');
  return match?.[1] && match[2] ? { name: match[1], email: match[2] } : { name: 'backlog', email: 'backlog@localhost' };
}
