import { locate } from '../../model/diagnostic.ts';
import type { Part } from './parts.ts';

/** A part with its lines, the last one included. */
interface Place {
  readonly part: Part;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Finds the part of a file that a place is in; null if it is in none. Parts follow each other. */
export class Places {
  readonly #parts: readonly Place[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts.map((part) => {
      const { source, start, end } = part;
      const [firstLine, lastLine] = [locate(source.text, start).line, locate(source.text, end - 1).line];
      return { part, firstLine, lastLine };
    });
  }

  ofLine(line: number): Part | null {
    const last = this.#last(({ firstLine }) => firstLine <= line);
    return last !== undefined && line <= last.lastLine ? last.part : null;
  }

  ofOffset(offset: number): Part | null {
    const last = this.#last(({ part }) => part.start <= offset);
    return last !== undefined && offset < last.part.end ? last.part : null;
  }

  /** The last part that begins before a place. */
  #last(begins: (place: Place) => boolean): Place | undefined {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const one = this.#parts[middle];
      if (one && begins(one)) low = middle + 1;
      else high = middle;
    }
    return this.#parts[low - 1];
  }
}
