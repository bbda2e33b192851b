import { StringDecoder } from 'node:string_decoder';
import type { Spill } from '../files/spill.ts';

/** Keeps the head and the tail of a stream of bytes, with a note of how much was cut between them. */
export class HeadTail {
  readonly #half: number;
  readonly #lines: CutLines | null;
  readonly #spill: Spill | null;
  #isSpilling = false;
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #cutBytes = 0;

  constructor(limit: number, keepLine: RegExp | null = null, spill: Spill | null = null) {
    this.#half = Math.max(1, Math.floor(limit / 2));
    this.#spill = spill;
    this.#lines = keepLine === null ? null : new CutLines(keepLine);
  }

  get isTruncated(): boolean {
    return this.#cutBytes > 0;
  }

  push(chunk: Buffer): void {
    const room = this.#half - this.#headBytes;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    if (chunk.length <= room) return;
    const rest = chunk.subarray(Math.max(0, room));
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    if (this.#isSpilling) this.#spill?.push(chunk);
    else if (this.#headBytes + this.#tailBytes > 2 * this.#half) {
      this.#isSpilling = true; // from here on, everything goes there
      for (const part of [...this.#head, ...this.#tail]) this.#spill?.push(part);
    }
    for (let first = this.#tail[0]; first && this.#tailBytes - first.length >= this.#half; first = this.#tail[0]) {
      this.#tail.shift();
      this.#tailBytes -= first.length;
      this.#cut(first);
    }
  }

  #cut(chunk: Buffer): void {
    if (this.#cutBytes === 0) this.#lines?.push(lastPart(Buffer.concat(this.#head)));
    this.#cutBytes += chunk.length;
    this.#lines?.push(chunk);
  }

  /** The kept bytes; `gist` also has the wanted lines of the cut part, or is null if nothing was cut. Call it once. */
  end(): { readonly bytes: Buffer; readonly gist: Buffer | null } {
    this.#spill?.end();
    const all = Buffer.concat(this.#tail);
    const extra = all.length - this.#half;
    if (extra > 0) this.#cut(all.subarray(0, extra));
    const tail = all.subarray(Math.max(0, extra));
    const head = Buffer.concat(this.#head);
    if (this.#cutBytes === 0) return { bytes: Buffer.concat([head, tail]), gist: null };
    const marker = Buffer.from(`\n[… ${this.#cutBytes} bytes cut …]\n`);
    const bytes = Buffer.concat([head, marker, tail]);
    if (this.#lines === null) return { bytes, gist: null };
    const begin = tail.indexOf(newline) + 1;
    this.#lines.push(tail.subarray(0, begin));
    const kept = Buffer.from(this.#lines.lines.map((line) => `${line}\n`).join(''));
    const whole = head.subarray(0, head.length - lastPart(head).length);
    return { bytes, gist: Buffer.concat([whole, kept, tail.subarray(begin)]) };
  }
}

const newline = 10;

/** The bytes after the last line end. */
function lastPart(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.lastIndexOf(newline) + 1);
}

/** Collects wanted lines from a stream of bytes. */
class CutLines {
  readonly #wanted: RegExp;
  readonly #decoder = new StringDecoder('utf8');
  readonly lines: string[] = [];
  #rest = '';
  #size = 0;

  constructor(wanted: RegExp) {
    this.#wanted = wanted;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-maxCutLine);
    for (const line of lines) {
      if (line.length > maxCutLine || this.#size > maxCutLines || !this.#wanted.test(line)) continue;
      this.lines.push(line);
      this.#size += line.length;
    }
  }
}

/** Characters kept of one cut line, and of all of them. */
const maxCutLine = 4000;
const maxCutLines = 4 * 1024 * 1024;
