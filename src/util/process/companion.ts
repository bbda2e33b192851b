import { type ChildProcess, spawn } from 'node:child_process';

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
  readonly #child: ChildProcess;
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
    this.#child = spawn(file, args, { cwd, env, detached: true, stdio: 'pipe' });
    this.#child.stdin?.on('error', () => {}); // `onEnd` reports it
    this.#child.stdout?.on('data', options.onOutput);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString('utf8')}`.slice(-2000);
    });
    this.#child.once('error', (error) => over(error.message));
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
    this.#child.stdin?.write(question);
  }

  /** Called when all questions are answered; starts the idle time. */
  rest(): void {
    this.#hold(false);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#isLetGo = true;
      this.#child.stdin?.end();
    }, idleMs).unref();
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hold(isAwaited: boolean): void {
    for (const one of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      // A child's streams are sockets, but their type does not say so.
      const handle = one as unknown as { ref?(): void; unref?(): void } | null;
      if (isAwaited) handle?.ref?.();
      else handle?.unref?.();
    }
  }
}
