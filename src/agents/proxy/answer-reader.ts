import { parseJson } from '../../util/json.ts';

/** How the first line of a stream begins. */
const streamStart = /^(?:event|data|id|retry)?:/;

/** Reads the events out of an answer as it passes: those of a stream, or one JSON object. */
export class AnswerReader {
  readonly #hear: (event: object) => void;
  #isStream: boolean;
  #isReply = false;
  #rest = '';

  /** `hear` is given each event that may tell what was used, or what a search brought. */
  constructor(contentType: string, hear: (event: object) => void) {
    this.#isStream = contentType.includes('event-stream');
    this.#hear = hear;
  }

  /** True once it said what only who answers for a model says: an event of a stream, a whole message, a count of tokens. */
  get isReply(): boolean {
    return this.#isReply;
  }

  push(chunk: Buffer): void {
    if (this.#rest === '') this.#isStream ||= streamStart.test(chunk.toString('latin1', 0, 10));
    this.#rest += chunk.toString('latin1'); // cut anywhere; decoded once a line is whole
    if (!this.#isStream) return;
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      if (!this.#isReply) this.#isReply = isEvent(eventIn(line.slice(5)));
      if (line.includes('"usage"') || line.includes('_tool_result"')) this.#tell(eventIn(line.slice(5)));
    }
  }

  /** The answer has ended. */
  end(): void {
    if (this.#isStream) return;
    const whole = eventIn(this.#rest);
    this.#isReply = whole !== null && (isEvent(whole) || 'input_tokens' in whole);
    this.#tell(whole);
  }

  #tell(event: object | null): void {
    if (event !== null) this.#hear(event);
  }
}

function eventIn(latin1: string): object | null {
  const event = parseJson(Buffer.from(latin1, 'latin1').toString('utf8'));
  return typeof event === 'object' ? event : null;
}

/** True for what has a type, as all have but counts, other than that of an error. */
function isEvent(event: object | null): boolean {
  return event !== null && 'type' in event && typeof event.type === 'string' && event.type !== 'error';
}
