import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { Asker } from '../../src/engine/context/asker.ts';
import type { Report } from '../../src/model/report.ts';
import { script, write } from './agent-script.ts';
import { wrongOutput } from './json-output.ts';

const main = path.resolve(import.meta.dirname, '../../dist/main.js');
/** True where runs give their jobs to a worker in another process. */
export const hasWorkers = process.env['BACKLOG_TEST_EXECUTOR'] === 'processes';
/** The command line with such a worker, whose folder is `BACKLOG_TEST_WORKERS`. */
export const withWorkers = path.join(import.meta.dirname, 'two-processes/main.ts');

/** Keys that can need consent, as they are written. */
const asksConsent =
  /"(?:target|into|prices|program|login|subscription|secretEnv|apiKeyEnv|baseUrl|exposes|env|allowUnsandboxed|network|hosts|toolchains|on)":|"type": *"acp"/;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The exit code that a shell gives a process which a person or a job ended by this signal; null for any other. */
function shellCode(signal: NodeJS.Signals | null): number | null {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP' ? 128 + os.constants.signals[signal] : null;
}

/** Lines of progress without the times of day before them. */
function untimed(stderr: string): string {
  return stderr.replace(/^\d\d:\d\d:\d\d {2}/gm, '');
}

/** The command that the end of a run names to bring home what landed; null without one. */
export function mergeNamedIn(stdout: string): string | null {
  return / landed on .*? {3,}(\S.*)$/m.exec(stdout)?.[1] ?? null;
}

/** The end of a run as one line of text: without the commands beside it, and with its lines joined. */
export function accountIn(stdout: string): string {
  return stdout
    .replace(/ {3,}backlog .*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A temporary folder that is gone after the test, or when `atEnd` says. */
export function temporaryFolder(atEnd: (end: () => void) => void = onTestFinished): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'backlog-test-')));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Only root may mount; elsewhere a small disk cannot be had. */
export const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

/** Lays a small disk over a folder; what it gives back mounts it anew, with other options. */
export function smallDisk(at: string, size: string): (options: string) => void {
  mkdirSync(at, { recursive: true });
  const mount = (options: string): void => {
    const result = spawnSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=0700`, 'tmpfs', at], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
  };
  mount(`size=${size}`);
  onTestFinished(() => void spawnSync('umount', ['--lazy', at]));
  return mount;
}

/** Fills the disk of a folder to the last byte; returns how to free it again. */
export function fillDisk(folder: string): () => void {
  const file = path.join(folder, '.fill');
  spawnSync('sh', ['-c', `cat /dev/zero > ${file}`], { stdio: 'ignore' });
  return () => rmSync(file, { force: true });
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

/** A real repository with a specs folder, and the real command line on it. */
export class TestProject {
  readonly root: string;
  /** Everything that is not the repository: HOME, caches, agents. */
  readonly outside: string;
  /** True for a person who agrees to all that configurations ask for, by the flag or by the digest. @default true */
  isTrusting = true;
  /** What Node starts. @default the bundle */
  program: readonly string[] = [hasWorkers ? withWorkers : main];

  private constructor(atEnd?: (end: () => void) => void) {
    const folder = temporaryFolder(atEnd);
    this.root = path.join(folder, 'repo');
    this.outside = path.join(folder, 'outside');
    mkdirSync(this.root);
    mkdirSync(path.join(this.outside, 'home'), { recursive: true });
  }

  /** Makes the repository with one commit of `files`. */
  static make(files: Readonly<Record<string, string>>): TestProject {
    return TestProject.makeKept(files);
  }

  /** The same for several tests: what ends it is given to `atEnd`. */
  static makeKept(files: Readonly<Record<string, string>>, atEnd?: (end: () => void) => void): TestProject {
    const project = new TestProject(atEnd);
    project.git('init', '--quiet', '--initial-branch=main');
    writeFiles(project.root, files);
    project.commit('The beginning');
    return project;
  }

  /** The state folder of `specs`. */
  get state(): string {
    return path.join(this.root, '.git/backlog/specs');
  }

  get env(): Record<string, string> {
    return {
      PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: path.join(this.outside, 'home'),
      BACKLOG_CACHE_DIR: path.join(this.outside, 'cache'),
      ...(hasWorkers ? { BACKLOG_TEST_WORKERS: path.join(this.outside, 'workers') } : {}),
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
      GIT_CONFIG_GLOBAL: '/dev/null',
      NO_COLOR: '1',
    };
  }

  /** A person whom an API knows; nothing of the process that asks for them. */
  get asker(): Asker {
    return { name: 'Grace', folder: this.root, shownFrom: this.root, env: this.env };
  }

  git(...args: readonly string[]): string {
    const result = spawnSync('git', args, { cwd: this.root, env: this.env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
    return result.stdout.trimEnd();
  }

  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }

  write(files: Readonly<Record<string, string>>): void {
    writeFiles(this.root, files);
  }

  read(file: string): string {
    return readFileSync(path.join(this.root, file), 'utf8');
  }

  /** Starts the command line in the repository; for tests that signal it. */
  start(
    args: readonly string[],
    extra: {
      readonly env?: Readonly<Record<string, string>>;
      readonly input?: string;
      readonly cwd?: string;
      readonly isKept?: boolean;
      /** True where a bug is made to happen; else a program that tells of one fails the test. */
      readonly mayBreak?: boolean;
    } = {},
  ): {
    readonly pid: number;
    readonly ended: Promise<Ended>;
    readonly kill: (signal: NodeJS.Signals) => void;
    readonly stderr: () => string;
  } {
    const agreed = this.isTrusting ? this.agree(args) : { args: [], env: {} };
    const child = spawn(process.execPath, [...this.program, ...args, ...agreed.args], {
      cwd: extra.cwd ?? this.root,
      env: { ...this.env, ...agreed.env, ...extra.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.stdin.end(extra.input ?? '');
    const ended = new Promise<Ended>((resolve, reject) =>
      child.on('close', (code, signal) => {
        // Also a promise that was rejected and looked at by nobody is told in these words.
        const isBug = extra.mayBreak !== true && stderr.includes('Internal error');
        const wrong = args.includes('--json') && extra.mayBreak !== true ? wrongOutput(stdout) : [];
        if (isBug) reject(new Error(`backlog ${args.join(' ')} tells of a bug:\n${stderr}`));
        else if (wrong.length > 0)
          reject(new Error(`backlog ${args.join(' ')} does not print what its schema says: ${wrong.join('; ')}`));
        else resolve({ code: code ?? shellCode(signal), stdout, stderr: untimed(stderr) });
      }),
    );
    if (extra.isKept !== true) {
      onTestFinished(async () => {
        child.kill('SIGKILL');
        await ended;
      });
    }
    return { pid: child.pid ?? 0, ended, kill: (signal) => child.kill(signal), stderr: () => untimed(stderr) };
  }

  /** What is typed beside a command by a person who agrees: the flag, or the digest that `backlog trust` names. */
  agree(args: readonly string[]): {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  } {
    const [command = '', folder = 'specs'] = args;
    const file = [path.join(folder, 'backlog.config.json'), 'backlog.config.json', 'specs/backlog.config.json'].find(
      (name) => existsSync(path.resolve(this.root, name)),
    );
    const text = file === undefined ? '' : readFileSync(path.resolve(this.root, file), 'utf8');
    const hasFlag =
      ['run', 'draft', 'orchestrate', 'approve', 'undo', 'adopt'].includes(command) &&
      !args.includes('--allow-unsandboxed');
    const flags = hasFlag && /"tier": *"none"/.test(text) ? ['--allow-unsandboxed'] : [];
    if (command === 'trust' || !asksConsent.test(text)) return { args: flags, env: {} };
    const asked = spawnSync(process.execPath, [...this.program, 'trust', path.dirname(file ?? ''), '--json'], {
      cwd: this.root,
      env: this.env,
      encoding: 'utf8',
    });
    const digest = /"digest": "(\w+)"/.exec(asked.stdout)?.[1];
    return { args: flags, env: digest === undefined ? {} : { BACKLOG_TRUST: digest } };
  }

  /** Runs the command line in the repository to its end. */
  async backlog(...args: readonly string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** Runs with the given exit code, and gives the report. */
  async run(code: number, ...args: readonly string[]): Promise<Report> {
    const ended = await this.backlog('run', 'specs', '--json', ...args);
    expect({ code: ended.code, stderr: ended.code === code ? '' : ended.stderr }).toEqual({ code, stderr: '' });
    return JSON.parse(ended.stdout) as Report;
  }

  /** A file on the branch that runs land on. */
  landed(file: string, branch = 'backlog/next'): string {
    return this.git('show', `${branch}:${file}`);
  }

  /** Ids of the landed units, in their order. */
  landings(branch = 'backlog/next'): string[] {
    const log = this.git('log', '--reverse', '--format=%(trailers:key=Backlog-Unit,valueonly,separator=)', branch);
    return log.split('\n').filter((line) => line !== '');
  }
}

/** A configuration whose agent is a shell script: a program of its own, or steps of `agent-script.ts`. */
export function scripted(
  steps: string | readonly string[],
  more: object = {},
): { readonly 'specs/backlog.config.json': string } {
  const config = {
    agent: 'script',
    agents: { script: { type: 'command', command: script(...[steps].flat()) } },
    sandbox: { tier: 'none' },
    ...more,
  };
  return { 'specs/backlog.config.json': JSON.stringify(config, null, 2) };
}

/** A spec with front matter lines and criteria. */
export function spec(title: string, front: readonly string[], criteria: readonly string[]): string {
  const head = front.length === 0 ? '' : `---\n${front.join('\n')}\n---\n`;
  return `${head}# ${title}\n\nWhat and why.\n\n## Acceptance criteria\n\n${criteria.map((c) => `- [ ] ${c}\n`).join('')}`;
}

/** The state and failure reason of each unit of a report. */
export function statesOf(report: Report): Record<string, string> {
  return Object.fromEntries(
    report.units.map((unit) => [unit.id, unit.failure ? `${unit.state}: ${unit.failure.reason}` : unit.state]),
  );
}

/** A unit that writes a file of its name, with a check for that; more lines of front matter as they are. */
export function fileUnit(name: string, front: readonly string[] = []): Record<string, string> {
  const criteria = [`Yes — check: \`test -f ${name}.txt\``];
  return { [`specs/${name}.md`]: spec(name.toUpperCase(), [`touches: [${name}.txt]`, ...front], criteria) };
}

/** What the agent of such units does. */
export const writeFile = write('$BACKLOG_UNIT.txt', '$BACKLOG_UNIT');

/** Processes of a project that are still alive, by the folder that they know from their environment. */
export function stragglers(project: TestProject): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(project.outside);
      } catch {
        return false; // it ended meanwhile
      }
    });
}
