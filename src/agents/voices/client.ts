import Anthropic from '@anthropic-ai/sdk';
import { AnswerReader } from '../provider/answer-reader.ts';

export interface Access {
  readonly apiKey: string;
  readonly baseUrl: string | null;
}

/** Characters of an answer that are kept for messages. */
const maxTold = 500;
/** Maximum bytes of an answer without streaming; those of the API are short. */
const maxWhole = 65_536;

/** Opens the SDK without retries and logging: errors are thrown, and foreign text never reaches the terminal. */
export function openClient({ apiKey, baseUrl }: Access): Anthropic {
  return new Anthropic({ apiKey, baseURL: baseUrl, maxRetries: 0, logLevel: 'off', fetch: new Reading().fetch });
}

/**
 * Filters the answer of a call before the SDK parses it: passes complete events on, each validated, and ends an invalid
 * answer with `BadAnswer`.
 */
export class Reading {
  #told = '';
  #isReply = false;
  readonly #hear: (event: object) => void;
  readonly #onWord: () => void;

  /** `hear` gets events as in `AnswerReader`; `onWord` is called for each chunk of a stream. */
  constructor(hear: (event: object) => void = () => {}, onWord: () => void = () => {}) {
    this.#hear = hear;
    this.#onWord = onWord;
  }

  /** The start of the answer, for messages: without a stream, the SDK does not keep it. */
  get told(): string {
    return this.#told;
  }

  /** True once the content proves that a model answered. */
  get isReply(): boolean {
    return this.#isReply;
  }

  readonly fetch: typeof fetch = async (url, init) => {
    const response = await fetch(url, init);
    const reader = new AnswerReader(response.headers.get('content-type') ?? '', this.#hear);
    const decoder = new TextDecoder();
    let held: Uint8Array[] = [];
    let bytes = 0;
    const reading = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bytes += chunk.length;
        if (this.#told.length < maxTold) this.#told += decoder.decode(chunk, { stream: true }).slice(0, maxTold);
        const hasEnded = reader.push(chunk);
        this.#isReply ||= reader.isReply;
        if (!reader.isStream) {
          controller.enqueue(chunk);
          if (bytes > maxWhole) controller.terminate();
          return;
        }
        this.#onWord();
        held.push(chunk);
        if (!hasEnded) return;
        controller.enqueue(Buffer.concat(held));
        held = [];
      },
      flush: () => reader.end(),
    });
    return new Response(response.body?.pipeThrough(reading) ?? null, response);
  };
}
