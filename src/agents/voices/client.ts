import Anthropic from '@anthropic-ai/sdk';
import { AnswerReader } from '../provider/answer-reader.ts';

/** How to reach the API. */
export interface Access {
  readonly apiKey: string;
  readonly baseUrl: string | null;
}

/** Characters of an answer that are kept to be told. */
const maxTold = 500;
/** Bytes that are read of what is no stream: all that the API says so is short. */
const maxWhole = 65_536;

/** Opens the library. It says nothing by itself: what goes wrong is thrown, and what a host says is for nobody's terminal. */
export function openClient({ apiKey, baseUrl }: Access): Anthropic {
  return new Anthropic({ apiKey, baseURL: baseUrl, maxRetries: 0, logLevel: 'off', fetch: new Reading().fetch });
}

/**
 * The reading of the answer to one call, before the library does: it is given whole events only, each one looked at, and
 * nothing more of an answer that is none of the API's (`BadAnswer`).
 */
export class Reading {
  #told = '';
  #isReply = false;
  readonly #hear: (event: object) => void;
  readonly #onWord: () => void;

  /** `hear` is given events as by the reader of answers; `onWord` is called whenever a stream goes on. */
  constructor(hear: (event: object) => void = () => {}, onWord: () => void = () => {}) {
    this.#hear = hear;
    this.#onWord = onWord;
  }

  /** How the answer began: where that is no stream of events, the library says nothing of it. */
  get told(): string {
    return this.#told;
  }

  /** True once it said what only a model's answer says. */
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
