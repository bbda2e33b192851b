import { type ChildProcess, spawn } from 'node:child_process';
import { startFault } from './start-fault.ts';

/** Milliseconds without a question after which a companion ends; the next question starts another one. */
const idleMs = 5000;

export interface CompanionOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (chunk: Buffer) => void;
  /** Called once when it has ended, with its standard error or the reason; an open question stays unanswered. */
  readonly onEnd: (why: string) => void;
}

/**
 * A process that answers questions on its standard input, in place of one process per question. It keeps nobody from
 * exiting, ends with this process (its input ends then), and gets no Ctrl-C from the terminal.
 */
export class Companion {
  /** Null where it did not start, which is told by then or in a moment. */
  readonly #child: ChildProcess | null;
  #idle: NodeJS.Timeout | undefined;
  #isOver = false;
  #isLetGo = false;

  constructor(options: CompanionOptions) {
    const { file, args, cwd, env } = options;
    let said = '';
    const over = (why: string): void => {
      if (this.#isOver) return;
      this.#isOver = true;
      clearTimeout(this.#idle);
      options.onEnd(said.trim() === '' ? why : said.trim());
    };
    const notStarted = ({ code, message }: NodeJS.ErrnoException): void =>
      over(code === undefined ? message : startFault({ file, cwd }, code).says);
    try {
      this.#child = spawn(file, args, { cwd, env, detached: true, stdio: 'pipe' });
    } catch (error) {
      // Some of what keeps a process from starting is told as an event, and some is thrown (ENOTDIR, ENOMEM).
      this.#child = null;
      queueMicrotask(() => notStarted(error as NodeJS.ErrnoException));
      return;
    }
    this.#child.stdin?.on('error', () => {}); // `onEnd` reports it
    this.#child.stdout?.on('data', options.onOutput);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString('utf8')}`.slice(-2000);
    });
    this.#child.once('error', notStarted);
    this.#child.once('close', (code, signal) => over(`it ended with ${signal ?? code ?? '?'}`));
    this.#hold(false);
  }

  /** False once it has ended or is about to: it answers nothing more. */
  get isThere(): boolean {
    return !this.#isOver && !this.#isLetGo;
  }

  /** Sends a question. This process stays alive for the answer until `rest()`. */
  ask(question: string): void {
    clearTimeout(this.#idle);
    this.#hold(true);
    this.#child?.stdin?.write(question);
  }

  /** Called when all questions are answered; starts the idle time. */
  rest(): void {
    this.#hold(false);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#isLetGo = true;
      this.#child?.stdin?.end();
    }, idleMs).unref();
  }

  /** Ends it at once. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #hold(isAwaited: boolean): void {
    const child = this.#child;
    for (const one of [child, child?.stdin, child?.stdout, child?.stderr]) {
      // A child's streams are sockets, but their type does not say so.
      const handle = one as unknown as { ref?(): void; unref?(): void } | null | undefined;
      if (isAwaited) handle?.ref?.();
      else handle?.unref?.();
    }
  }
}
