import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** Characters that wait for a terminal that does not take them; of frames, which replace each other, none do. */
const mostWaiting = 1_000_000;

/** Standard output or error. */
interface Output {
  readonly fd: number;
  write(text: string): unknown;
}

/**
 * A terminal that is never waited for. A terminal can stop to take output (Ctrl-S, a stalled connection); a blocking write
 * would then stop the whole run. Where its device cannot be opened anew, writes go through the stream.
 */
export class Terminal {
  readonly #stream: Output;
  readonly #fd: number | null;
  #waiting = '';

  constructor(stream: Output) {
    this.#stream = stream;
    this.#fd = openWithoutWaiting(stream.fd);
  }

  /** True if it has taken all that was written. */
  get isReady(): boolean {
    this.#flush();
    return this.#waiting === '';
  }

  write(text: string): void {
    this.#waiting += text;
    this.#flush();
    if (this.#waiting.length > mostWaiting) this.#waiting = this.#waiting.slice(-mostWaiting);
  }

  /** Writes what waits, however long that takes: the process has nothing else to do. */
  close(): void {
    if (this.#waiting !== '') this.#stream.write(this.#waiting);
    this.#waiting = '';
    if (this.#fd !== null) closeSync(this.#fd);
  }

  #flush(): void {
    if (this.#waiting === '') return;
    if (this.#fd === null) {
      this.#stream.write(this.#waiting);
      this.#waiting = '';
      return;
    }
    const bytes = Buffer.from(this.#waiting);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
      this.#waiting = '';
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
      // A terminal that is gone takes nothing any more, and the run goes on without it.
      this.#waiting = isFull ? bytes.subarray(wholeFrom(bytes, written)).toString() : '';
    }
  }
}

/** The beginning of the letter in which a write ended: a letter is written again rather than cut. */
function wholeFrom(bytes: Buffer, at: number): number {
  let from = at;
  while (from > 0 && from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from--;
  return from;
}

function openWithoutWaiting(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

/** False for a job in the background, which is stopped when it reads from the terminal or changes its mode. */
export function isInForeground(): boolean {
  try {
    // After the name, which may contain anything: state, parent, group, session, terminal, the terminal's group.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return true; // not Linux: there a background job that reads is rare enough
  }
}
