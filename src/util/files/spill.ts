import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** Maximum bytes written per output. */
const maxSpill = 64 * 1024 * 1024;
/** Maximum characters buffered without a line end. */
const maxHeld = 65_536;

/**
 * A file for output beyond what memory keeps, created on the first write. Writes whole lines, each through `clean`. Write
 * errors are ignored: the run reports a full disk elsewhere.
 */
export class Spill {
  readonly #file: string;
  readonly #clean: (text: string) => string;
  readonly #decoder = new StringDecoder('utf8');
  #descriptor: number | null = null;
  #rest = '';
  #written = 0;
  #isOver = false;

  constructor(file: string, clean: (text: string) => string) {
    this.#file = file;
    this.#clean = clean;
  }

  push(chunk: Buffer): void {
    if (this.#isOver) return;
    const text = this.#rest + this.#decoder.write(chunk);
    const end = text.lastIndexOf('\n') + 1 || (text.length > maxHeld ? text.length : 0);
    this.#rest = text.slice(end);
    this.#write(text.slice(0, end));
    if (this.#written <= maxSpill) return;
    this.#rest = '';
    this.#write(`[… output after ${maxSpill / 1024 / 1024} MiB was dropped …]\n`);
    this.end();
  }

  end(): void {
    if (!this.#isOver && this.#descriptor !== null) this.#write(this.#rest);
    this.#isOver = true;
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #write(text: string): void {
    try {
      if (this.#descriptor === null) {
        mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
        this.#descriptor = openSync(this.#file, 'wx', 0o600);
      }
      this.#written += writeSync(this.#descriptor, this.#clean(text));
    } catch {
      this.#isOver = true;
    }
  }
}
