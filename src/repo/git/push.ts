import { runProcess } from '../../util/process/run-process.ts';
import { userGit, type UserPlace } from './user-git.ts';

/** Variables by which git would work on another repository than that of the folder. */
const elsewhere =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE)$/;

/** A push that takes longer waits for somebody, or for nobody. */
const longestMs = 15 * 60_000;

/** What git says, without the user names, passwords and tokens of addresses. */
function withoutLogins(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/\s'"]*@/gi, '$1');
}

/** Names of the user's remotes. */
export async function remotesOf(place: UserPlace): Promise<readonly string[]> {
  const { text } = await userGit(place, 'remote');
  return (text ?? '').split('\n').filter((name) => name !== '');
}

/** Where a remote is pushed to; null if there is none of that name. */
export async function pushUrl(place: UserPlace, remote: string): Promise<string | null> {
  return (await userGit(place, 'remote', 'get-url', '--push', '--', remote)).text;
}

/**
 * Pushes refs to the same names, all or none, as the user would: with their settings, credentials and hooks, but without a
 * prompt. Returns null, or why it was refused. Throws if the signal aborts.
 */
export async function pushRefs(
  place: UserPlace,
  {
    remote,
    refs,
    isForced = false,
    signal,
  }: {
    readonly remote: string;
    readonly refs: readonly string[];
    /** True for refs without a history, each commit of which replaces the one before. */
    readonly isForced?: boolean;
    readonly signal: AbortSignal;
  },
): Promise<string | null> {
  signal.throwIfAborted();
  const env = Object.entries(place.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !elsewhere.test(entry[0]),
  );
  const ended = await runProcess({
    file: 'git',
    args: ['push', '--quiet', '--atomic', remote, ...refs.map((ref) => `${isForced ? '+' : ''}${ref}:${ref}`)],
    cwd: place.root,
    env: { ...Object.fromEntries(env), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    signal,
    timeoutMs: longestMs,
  });
  signal.throwIfAborted();
  if (ended.exitCode === 0) return null;
  if (ended.timedOut) return `git did not end within ${longestMs / 60_000} minutes`;
  return withoutLogins(ended.stderr.toString('utf8').trim()) || `git ended with exit code ${ended.exitCode ?? 'none'}`;
}
