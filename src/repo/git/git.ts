import { performance } from 'node:perf_hooks';
import { runProcess } from '../../util/process/run-process.ts';

const noMemory = '(?:Resource temporarily unavailable|Cannot allocate memory)';
/** git's last words without memory or processes. They are whole lines, since other messages contain names of files. */
const exhausted = new RegExp(
  `^fatal: (?:Out of memory, [a-z]+ failed(?: \\(tried to allocate \\d+ bytes\\))?|mmap failed: ${noMemory}|cannot (?:fork|create async process|create standard \\w+ pipe)(?: [\\w-]+)?: ${noMemory}|unable to create (?:threaded \\w+|thread): ${noMemory})$`,
);

/** Git failed unexpectedly; the message has its output. Exit codes that a caller expects are listed in `allow`. */
export class GitError extends Error {
  /** The folder that git wrote to, whose disk may be the cause. */
  readonly folder: string;
  /** `ENOMEM` if git had too little memory or too few processes. */
  readonly code: string | undefined;

  constructor(args: readonly string[], output: string, folder: string) {
    super(`git ${args.slice(0, 3).join(' ')} failed: ${wrongFirst(output).slice(0, 2000)}`);
    this.name = 'GitError';
    this.folder = folder;
    this.code = exhausted.test(output.trim().split('\n').at(-1) ?? '') ? 'ENOMEM' : undefined;
  }
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Environment of every git process, also with the user's own settings: no fetching, whatever the configuration says; no
 * replacement objects or grafts; no prompts.
 */
export const closedEnv: Readonly<Record<string, string>> = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  // Overrides `protocol.<name>.allow`, and covers versions of git that fetch lazily in spite of GIT_NO_LAZY_FETCH.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
};

/**
 * The environment of a git process on a repository: no configuration but the repository's own, no prompts, no pager, no
 * network. `-c` options switch off hooks, monitors and signing, which would run foreign code.
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

/** Options against configuration that would start programs. */
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

/** Options of every git process that does not follow the user's settings. */
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

/** Git processes of this process so far, and their milliseconds; for benchmarks. */
export const gitMeter = { processes: 0, ms: 0 };

/** Maximum of git processes at a time, since each holds file descriptors. */
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

/** Runs git with arguments, never through a shell. Lists of paths go in by `input`, which has no length limit. */
export async function git(
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string | Uint8Array;
    /** Exit codes that are answers, not errors. @default only 0 */
    readonly allow?: readonly number[];
    readonly maxOutputBytes?: number;
    /** Receives standard output as it comes, without a limit; nothing is kept then. */
    readonly onOutput?: (chunk: Buffer) => void;
    /** Kills git when it aborts, which is then an error. */
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
  if (result.isTruncated) throw new GitError(args, 'its output is too large', folder);
  if (result.exitCode === null || (result.exitCode !== 0 && !(options.allow ?? []).includes(result.exitCode))) {
    throw new GitError(args, stderr || result.stdout.toString('utf8') || `signal ${result.signal ?? '?'}`, folder);
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr };
}

/** Git's standard error, reordered by severity: it may print hints and warnings first. */
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

/** The line of git's standard error that reports the error; '' if there is none. */
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

/** Splits a record of `-z` output at its first tab; the path may contain further ones. */
export function recordOf(record: string): { readonly about: string; readonly path: string } {
  const tab = record.indexOf('\t');
  return tab === -1 ? { about: record, path: '' } : { about: record.slice(0, tab), path: record.slice(tab + 1) };
}

/** Quotes a path for git's line-based input without `-z`: one line, and never taken for quoted already. */
export function quoted(path: string): string {
  const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
  return `"${path.replaceAll(/["\\\n\r]/g, (character) => escapes[character] ?? '')}"`;
}
