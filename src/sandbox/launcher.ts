import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../model/diagnostic.ts';
import type { ExecOptions, ExecResult } from '../model/agent.ts';
import { runProcess } from '../util/process.ts';

/** How strongly commands of agents and checks are held. So far there is only `none`, and only with consent. */
export type Tier = 'none';

/** Where and for whom commands run. */
export interface Box {
  /** Absolute path: the working directory, and all that the commands should need. */
  readonly workspace: string;
  /** Absolute path of a folder for HOME and TMPDIR; made when missing. */
  readonly scratch: string;
  /** Marks every process of this box in its environment, so that stragglers are found. */
  readonly mark: string;
}

/** Starts commands of agents and checks. Nothing else in this program runs code that it did not write. */
export interface Launcher {
  readonly tier: Tier;
  /**
   * Runs a shell command in a box: cleared environment, own process group, limits on time and output. Never throws
   * for what the command does. The group is dead when it resolves.
   */
  run(box: Box, command: string, options: ExecOptions): Promise<ExecResult & { readonly startError: string | null }>;
}

/** How commands are held, and who agreed to it. */
export interface LauncherOptions {
  readonly tier: Tier;
  readonly allowUnsandboxed: boolean;
  /** Milliseconds that any one command may take. */
  readonly maxCommandMs: number;
  /** Bytes kept of a command's output. @default 1 MiB */
  readonly maxOutputBytes?: number;
  /** Where programs are looked up. @default PATH of this process */
  readonly searchPath?: string;
}

/** The environment variable that marks what a box started. */
export const markVariable = 'BACKLOG_BOX';

/** Throws an `InputError` unless somebody agreed to run without isolation. */
export function createLauncher(options: LauncherOptions): Launcher {
  if (!options.allowUnsandboxed) {
    throw inputError(
      'no-sandbox',
      'agents and checks would run with your own rights: this version has no sandbox, only a cleared environment and limits',
      'If you accept that (in a container, say), pass --allow-unsandboxed or set "sandbox": { "allowUnsandboxed": true }.',
    );
  }
  const searchPath = options.searchPath ?? process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  return {
    tier: options.tier,
    async run(box, command, { timeoutMs, input, env, signal }) {
      const home = path.join(box.scratch, 'home');
      const temporary = path.join(box.scratch, 'tmp');
      await mkdir(home, { recursive: true });
      await mkdir(temporary, { recursive: true });
      const result = await runProcess({
        file: '/bin/sh',
        args: ['-c', command],
        cwd: box.workspace,
        env: {
          ...env,
          PATH: searchPath,
          HOME: home,
          TMPDIR: temporary,
          LANG: 'C.UTF-8',
          TERM: 'dumb',
          NO_COLOR: '1',
          [markVariable]: box.mark,
        },
        ...(input === undefined ? {} : { input }),
        timeoutMs: Math.min(timeoutMs ?? options.maxCommandMs, options.maxCommandMs),
        maxOutputBytes: options.maxOutputBytes ?? 1024 * 1024,
        signal,
      });
      return {
        exitCode: result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        startError: result.startError,
        output: Buffer.concat([result.stdout, result.stderr]).toString('utf8'),
        durationMs: result.durationMs,
      };
    },
  };
}
