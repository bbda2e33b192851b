import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A terminal without a person: tmux, which draws what is written as other terminals do. */
export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** Processes that were started with the home folder of an environment. */
function around({ HOME = 'none' }: Readonly<Record<string, string>>): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${HOME}`);
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

export class Tmux {
  readonly #socket = `backlog-test-${process.pid}-${Math.floor(performance.now() * 1000)}`;

  /** Opens a shell in a terminal. */
  constructor(options: { cwd: string; env: Readonly<Record<string, string>>; columns: number; rows: number }) {
    const { cwd, env, columns, rows } = options;
    const size = ['-x', String(columns), '-y', String(rows)];
    const given = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    this.#do(['-f', '/dev/null', 'new-session', '-d', '-c', cwd, ...size, ...given, 'sh'], env);
    onTestFinished(async () => {
      this.#do(['kill-server']);
      // What ran in it may go on for a while, and would write into folders that are removed next.
      for (let left = around(env); left.length > 0; left = around(env)) {
        for (const pid of left) kill(pid);
        await delay(20);
      }
    });
  }

  /** Presses keys, by their names in tmux. */
  press(...keys: readonly string[]): void {
    this.#do(['send-keys', ...keys]);
  }

  type(line: string): void {
    this.#do(['send-keys', '-l', line]);
    this.press('Enter');
  }

  /** Pastes a text, marked as such if the program asked for that. */
  paste(text: string): void {
    this.#do(['set-buffer', '--', text]);
    this.#do(['paste-buffer', '-p']);
  }

  resize(columns: number, rows: number): void {
    this.#do(['resize-window', '-x', String(columns), '-y', String(rows)]);
  }

  /** All lines that are shown, and those that scrolled away before them, without those below the last text. */
  screen(history = 0): string {
    return this.#do(['capture-pane', '-p', '-S', String(-history)]).trimEnd();
  }

  /** What tmux knows of its terminal, such as `cursor_flag`. */
  flag(name: string): string {
    return this.#do(['display-message', '-p', `#{${name}}`]).trim();
  }

  /** Waits until the terminal shows something; returns all of it. Rejects after a minute, with what it shows. */
  async shows(wanted: RegExp, history = 0): Promise<string> {
    for (let look = 0; look < 1200; look++) {
      const screen = this.screen(history);
      if (wanted.test(screen)) return screen;
      await delay(50);
    }
    throw new Error(`The terminal does not show ${String(wanted)}:\n${this.screen(history)}`);
  }

  #do(args: readonly string[], env?: Readonly<Record<string, string>>): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-u', '-L', this.#socket, ...args], {
      encoding: 'utf8',
      ...(env ? { env: { ...env } } : {}),
    });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
