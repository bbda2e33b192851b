import { parseJson } from '../../util/json.ts';

/** How the first line of a stream begins. */
const streamStart = /^(?:event|data|id|retry)?:/;
/** Bytes that tell whether it is one, however they are cut. */
const beginning = 10;

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
    const text = chunk.toString('latin1'); // cut anywhere; decoded once a line is whole
    if (this.#isStream) return this.#readLines(text);
    const isBeginning = this.#rest.length < beginning;
    this.#rest += text;
    if (!isBeginning || !streamStart.test(this.#rest.slice(0, beginning))) return;
    this.#isStream = true;
    const all = this.#rest;
    this.#rest = '';
    this.#readLines(all);
  }

  #readLines(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.#rest + text.slice(from, end);
      this.#rest = '';
      from = end + 1;
      if (!line.startsWith('data:')) continue;
      if (!this.#isReply) this.#isReply = isEvent(eventIn(line.slice(5)));
      if (line.includes('"usage"') || line.includes('_tool_result"')) this.#tell(eventIn(line.slice(5)));
    }
    this.#rest += text.slice(from);
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

/** True for a message, and what one is sent in: a page that asks for a login has a type, too. */
function isEvent(event: object | null): boolean {
  return event !== null && 'type' in event && typeof event.type === 'string' && modelTypes.test(event.type);
}

const modelTypes = /^(?:message|content_block|ping$)/;
