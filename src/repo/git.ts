import { performance } from 'node:perf_hooks';
import { runProcess } from '../util/process.ts';

/** Git said no; what it said is kept. Expected failures are asked for with `allowFailure`, so this one is a surprise. */
export class GitError extends Error {
  constructor(args: readonly string[], output: string) {
    super(`git ${args.slice(0, 3).join(' ')} failed: ${output.trim().slice(0, 2000)}`);
    this.name = 'GitError';
  }
}

/** What a git process gave back. */
export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * The environment of every git process on a repository: no configuration but the repository's own, no prompts, no
 * pager, no network. Hooks, monitors and signing are switched off by `-c`, since they would run foreign code.
 */
export function gitEnv(extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    ...extra,
  };
}

const alwaysOff = [
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'core.untrackedCache=false'],
  ...[
    '-c',
    'protocol.allow=never',
    '-c',
    'commit.gpgSign=false',
    '-c',
    'gc.auto=0',
    '-c',
    'core.fsync=committed,reference',
  ],
  ...[
    '-c',
    'core.quotePath=false',
    '-c',
    'core.autocrlf=false',
    '-c',
    'core.safecrlf=false',
    '-c',
    'merge.renames=true',
  ],
];

/** Milliseconds and processes that git took so far in this process; for benchmarks. */
export const gitMeter = { processes: 0, ms: 0 };

/** Runs git with argv, never through a shell. */
export async function git(
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string | Uint8Array;
    /** Exit codes that are answers, not errors. @default only 0 */
    readonly allow?: readonly number[];
    readonly maxOutputBytes?: number;
  },
  ...args: readonly string[]
): Promise<GitResult> {
  const started = performance.now();
  const result = await runProcess({
    file: 'git',
    args: [...alwaysOff, ...args],
    cwd: options.cwd,
    env: gitEnv(options.env ?? {}),
    maxOutputBytes: options.maxOutputBytes ?? 512 * 1024 * 1024,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  gitMeter.processes++;
  gitMeter.ms += performance.now() - started;
  const stderr = result.stderr.toString('utf8');
  if (result.startError !== null) throw new GitError(args, `git could not be started (${result.startError})`);
  if (result.exitCode === null || (result.exitCode !== 0 && !(options.allow ?? []).includes(result.exitCode))) {
    throw new GitError(args, stderr || result.stdout.toString('utf8') || `signal ${result.signal ?? '?'}`);
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr };
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
