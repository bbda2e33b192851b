import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** Bytes of one output that are written at most. */
const maxSpill = 64 * 1024 * 1024;
/** Characters without a line end that are held back at most. */
const maxHeld = 65_536;

/**
 * A file for an output that is more than memory keeps. It is made when something is written: in whole lines, each through
 * `clean`. What cannot be written is done without: a full disk is told by whatever else has to be written.
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
    this.#write(`[… what came after ${maxSpill / 1024 / 1024} MiB is not kept …]\n`);
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
