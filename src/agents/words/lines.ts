/** Splits a byte stream into lines. Lines above `maxBytes` are dropped and counted. */
export class Lines {
  readonly #tell: (line: string) => void;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #isDropping = false;
  /** Number of dropped lines. */
  dropped = 0;

  constructor(tell: (line: string) => void, maxBytes: number) {
    this.#tell = tell;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#take(chunk.subarray(from, at));
      this.end();
      from = at + 1;
    }
    this.#take(chunk.subarray(from));
  }

  /** Ends the last line. */
  end(): void {
    if (this.#bytes > 0) this.#tell(Buffer.concat(this.#parts).toString('utf8'));
    this.#parts = [];
    this.#bytes = 0;
    this.#isDropping = false;
  }

  #take(part: Buffer): void {
    if (part.length === 0 || this.#isDropping) return;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxBytes) return;
    this.dropped++;
    this.#parts = [];
    this.#bytes = 0;
    this.#isDropping = true;
  }
}
