import { performance } from 'node:perf_hooks';
import { runProcess } from '../util/process/run-process.ts';

/** Git said no; what it said is kept. Expected failures are asked for with `allowFailure`, so this one is a surprise. */
export class GitError extends Error {
  /** Where it wrote to, for whoever asks whether the disk was in the way. */
  readonly folder: string;

  constructor(args: readonly string[], output: string, folder: string) {
    super(`git ${args.slice(0, 3).join(' ')} failed: ${wrongFirst(output).slice(0, 2000)}`);
    this.name = 'GitError';
    this.folder = folder;
  }
}

/** What a git process gave back. */
export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * What holds for every git process, also where the user's own settings apply: nothing is fetched, whatever the
 * configuration of a remote or of a protocol says; no replacement and no graft stands in for a commit; no prompts.
 */
export const closedEnv: Readonly<Record<string, string>> = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  // Also over `protocol.<name>.allow` of a repository, and in versions of git that fetch lazily all the same.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
};

/**
 * The environment of every git process on a repository: no configuration but the repository's own, no prompts, no
 * pager, no network. Hooks, monitors and signing are switched off by `-c`, since they would run foreign code.
 */
export function gitEnv(extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    ...closedEnv,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    ...extra,
  };
}

/** What of a repository's configuration could start programs for our questions; a bare repository is none of ours. */
export const programsOff = [
  'safe.bareRepository=explicit',
  'protocol.allow=never',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'commit.gpgSign=false',
  'log.showSignature=false',
  'gc.auto=0',
  'maintenance.auto=false',
].flatMap((setting) => ['-c', setting]);

/** What goes before the order of every git that answers us. */
export const alwaysOff: readonly string[] = [
  ...programsOff,
  ...[
    'core.untrackedCache=false',
    'core.fsync=committed,reference',
    'core.quotePath=false',
    'core.autocrlf=false',
    'core.safecrlf=false',
    'core.attributesFile=/dev/null',
    'merge.renames=true',
  ].flatMap((setting) => ['-c', setting]),
];

/** Milliseconds and processes that git took so far in this process; for benchmarks. */
export const gitMeter = { processes: 0, ms: 0 };

/** Processes of git at the same time: each has descriptors, and a question for each of thousands of files is no reason for more. */
const maxAtOnce = 16;
const waiting: (() => void)[] = [];
let atWork = 0;

async function inTurn<T>(action: () => Promise<T>): Promise<T> {
  if (atWork >= maxAtOnce) await new Promise<void>((go) => waiting.push(go));
  else atWork++;
  try {
    return await action();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else atWork--;
  }
}

/** Runs git with argv, never through a shell. Paths of a change, of which there is no end, go in by `input`. */
export async function git(
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string | Uint8Array;
    /** Exit codes that are answers, not errors. @default only 0 */
    readonly allow?: readonly number[];
    readonly maxOutputBytes?: number;
    /** Is given what git writes as it comes, however much: then nothing of it is kept. */
    readonly onOutput?: (chunk: Buffer) => void;
    /** Ends git once it aborts: then it has failed. */
    readonly signal?: AbortSignal;
  },
  ...args: readonly string[]
): Promise<GitResult> {
  const started = performance.now();
  const result = await inTurn(async () =>
    runProcess({
      file: 'git',
      args: [...alwaysOff, ...args],
      cwd: options.cwd,
      env: gitEnv(options.env ?? {}),
      maxOutputBytes: options.maxOutputBytes ?? 512 * 1024 * 1024,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.onOutput ? { onOutput: options.onOutput } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    }),
  );
  gitMeter.processes++;
  gitMeter.ms += performance.now() - started;
  const stderr = result.stderr.toString('utf8');
  const folder = options.env?.['GIT_OBJECT_DIRECTORY'] ?? options.env?.['GIT_DIR'] ?? options.cwd;
  if (result.startFault !== null) throw new GitError(args, result.startFault.says, folder);
  if (result.isTruncated) throw new GitError(args, 'its answer is too large to be read', folder);
  if (result.exitCode === null || (result.exitCode !== 0 && !(options.allow ?? []).includes(result.exitCode))) {
    throw new GitError(args, stderr || result.stdout.toString('utf8') || `signal ${result.signal ?? '?'}`, folder);
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr };
}

/** What git wrote on standard error, what is wrong first: it may give hints and warnings before it says that. */
export function wrongFirst(stderr: string): string {
  const ranks = ['fatal: ', 'error: ', '', 'warning: ', 'hint: '];
  const said: { text: string; rank: number }[] = [];
  for (const text of stderr.trim().split('\n')) {
    const rank = ranks.findIndex((word) => word !== '' && text.startsWith(word));
    const last = said.at(-1);
    if (rank === -1 && last !== undefined) last.text += `\n${text}`;
    else said.push({ text, rank: rank === -1 ? ranks.indexOf('') : rank });
  }
  return said
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ text }) => text)
    .join('\n');
}

/** The line of git's standard error that says what is wrong; '' where it says nothing. */
export function wrongIn(stderr: string): string {
  return (wrongFirst(stderr).split('\n')[0] ?? '').replace(/^(?:fatal|error): /, '');
}

/** Standard output as text, without the last line end. */
export function textOf(result: GitResult): string {
  return result.stdout.toString('utf8').replace(/\n$/, '');
}

/** The fields of `-z` output. */
export function fieldsOf(result: GitResult): string[] {
  const text = result.stdout.toString('utf8');
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/** A record of `-z` output that says something of a path, with a tab between: the path may hold more of them. */
export function recordOf(record: string): { readonly about: string; readonly path: string } {
  const tab = record.indexOf('\t');
  return tab === -1 ? { about: record, path: '' } : { about: record.slice(0, tab), path: record.slice(tab + 1) };
}

/** A path as git reads it from a line, where no `-z` is to be had: any name is one line, and none is taken for quoted. */
export function quoted(path: string): string {
  const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
  return `"${path.replaceAll(/["\\\n\r]/g, (character) => escapes[character] ?? '')}"`;
}
