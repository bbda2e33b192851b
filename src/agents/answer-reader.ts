import { parseJson } from '../util/json.ts';

/** Reads the events out of an answer as it passes: those of a stream, or one JSON object. */
export class AnswerReader {
  readonly #isStream: boolean;
  readonly #hear: (event: object) => void;
  #rest = '';

  /** `hear` is given each event that may tell what was used, or what a search brought. */
  constructor(contentType: string, hear: (event: object) => void) {
    this.#isStream = contentType.includes('event-stream');
    this.#hear = hear;
  }

  push(chunk: Buffer): void {
    this.#rest += chunk.toString('latin1'); // cut anywhere; decoded once a line is whole
    if (!this.#isStream) return;
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const isTelling = line.includes('"usage"') || line.includes('_tool_result"');
      if (line.startsWith('data:') && isTelling) this.#read(line.slice(5));
    }
  }

  /** The answer has ended. */
  end(): void {
    if (!this.#isStream) this.#read(this.#rest);
  }

  #read(json: string): void {
    const event = parseJson(Buffer.from(json, 'latin1').toString('utf8'));
    if (typeof event === 'object' && event !== null) this.#hear(event);
  }
}
