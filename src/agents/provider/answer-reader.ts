import { parseJson } from '../../util/text/json.ts';
import { faultOf } from './answer-shape.ts';

/** An answer that violates the API. */
export class BadAnswer extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'BadAnswer';
  }
}

/** Maximum bytes of an answer, to bound our memory. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** The end of a stream in another API, which some gateways send, too. */
const done = '[DONE]';
/** The start of a stream. */
const streamStart = /^(?:event|data|id|retry)?:/;
/** Bytes that are enough to recognize it. */
const beginning = 10;

/**
 * Parses the events of an answer as it arrives: of a stream, or one JSON object. `push` and `end` throw `BadAnswer` for
 * anything else.
 */
export class AnswerReader {
  readonly #hear: (event: object) => void;
  #isStream: boolean;
  #isReply = false;
  #isMessage = false;
  #left = maxAnswerBytes;
  #rest = '';
  /** Of the current event. */
  #data = '';

  /** `hear` gets each event with usage or a search result. */
  constructor(contentType: string, hear: (event: object) => void) {
    this.#isStream = contentType.includes('event-stream');
    this.#hear = hear;
  }

  /** True for a stream of events. */
  get isStream(): boolean {
    return this.#isStream;
  }

  /** True once the content proves that a model's API answered: a stream event, a whole message, a token count. */
  get isReply(): boolean {
    return this.#isReply;
  }

  /** Adds bytes; true if a stream event ended in them. */
  push(chunk: Uint8Array): boolean {
    this.#left -= chunk.length;
    if (this.#left < 0) throw new BadAnswer(`more than ${maxAnswerBytes / 1024 / 1024} MB, longer than any answer`);
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1'); // cut anywhere; decoded once a line is complete
    if (this.#isStream) return this.#readLines(text);
    const isBeginning = this.#rest.length < beginning;
    this.#rest += text;
    if (!isBeginning || !streamStart.test(this.#rest.slice(0, beginning))) return false;
    this.#isStream = true;
    const all = this.#rest;
    this.#rest = '';
    return this.#readLines(all);
  }

  #readLines(text: string): boolean {
    let hasEnded = false;
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.#rest + text.slice(from, end);
      this.#rest = '';
      from = end + 1;
      const at = line.indexOf('\r');
      if (at >= 0 && at < line.length - 1) throw new BadAnswer('its lines end with carriage returns'); // other parsers accept them as line ends
      if (line.startsWith('data:')) this.#data = this.#data === '' ? line.slice(5) : `${this.#data}\n${line.slice(5)}`;
      if (line !== '' && line !== '\r') continue;
      hasEnded = true;
      if (this.#data.trim() !== '') this.#readEvent(this.#data);
      this.#data = '';
    }
    this.#rest += text.slice(from);
    return hasEnded;
  }

  #readEvent(data: string): void {
    const event = eventIn(data);
    if (event === null && data.trim() === done) return;
    if (event === null) throw new BadAnswer('an event is not JSON');
    const type = typeOf(event);
    const fault = faultOf(event);
    if (fault !== null) throw new BadAnswer(fault);
    this.#isReply ||= modelTypes.test(type);
    if (type === 'message_start') this.#isMessage = true;
    else if (type === 'message_stop' || type === 'error') this.#isMessage = false;
    if (data.includes('"usage"') || data.includes('_tool_result"')) this.#hear(event);
  }

  /** Ends the answer. */
  end(): void {
    if (this.#isMessage) throw new BadAnswer('it ended within a message');
    if (this.#isStream) return;
    const whole = eventIn(this.#rest);
    if (whole === null) return;
    const fault = faultOf(whole);
    if (fault !== null) throw new BadAnswer(fault);
    this.#isReply = modelTypes.test(typeOf(whole)) || 'input_tokens' in whole;
    this.#hear(whole);
  }
}

function eventIn(latin1: string): object | null {
  const event = parseJson(Buffer.from(latin1, 'latin1').toString('utf8'));
  return typeof event === 'object' ? event : null;
}

function typeOf(event: object): string {
  return 'type' in event && typeof event.type === 'string' ? event.type : '';
}

/** Types of messages and their parts; other JSON, such as of a login page, may have a type, too. */
const modelTypes = /^(?:message|content_block|ping$)/;
