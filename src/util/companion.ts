import { type ChildProcess, spawn } from 'node:child_process';

/** Milliseconds without a question after which a companion is let go; the next question starts another one. */
const idleMs = 5000;

/** What a companion is told to be. */
export interface CompanionOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (chunk: Buffer) => void;
  /** It is gone, with what it wrote on standard error or why it did not start; a question that is open stays without an answer. */
  readonly onEnd: (why: string) => void;
}

/**
 * A process that answers questions on its standard input for as long as somebody asks: for what would else be a process
 * for each question. It keeps nobody from ending, ends with us (its input ends then), and Ctrl-C at the terminal does
 * not reach it.
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
    this.#child.stdin?.on('error', () => {}); // its end is told
    this.#child.stdout?.on('data', options.onOutput);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString('utf8')}`.slice(-2000);
    });
    this.#child.once('error', (error) => over(error.message));
    this.#child.once('close', (code, signal) => over(`it ended with ${signal ?? code ?? '?'}`));
    this.#hold(false);
  }

  /** False once it was let go: it answers nothing any more. */
  get isThere(): boolean {
    return !this.#isOver && !this.#isLetGo;
  }

  /** Asks, or goes on to ask. Until `rest()` this process waits for the answer. */
  ask(question: string): void {
    clearTimeout(this.#idle);
    this.#hold(true);
    this.#child.stdin?.write(question);
  }

  /** All questions are answered. */
  rest(): void {
    this.#hold(false);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#isLetGo = true;
      this.#child.stdin?.end();
    }, idleMs).unref();
  }

  /** Ends it now, whatever it is about to say. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hold(isAwaited: boolean): void {
    for (const one of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      // The streams of a child are sockets, which its type does not say.
      const handle = one as unknown as { ref?(): void; unref?(): void } | null;
      if (isAwaited) handle?.ref?.();
      else handle?.unref?.();
    }
  }
}
