import type Anthropic from '@anthropic-ai/sdk';
import path from 'node:path';
import type { Order } from '../../model/agent.ts';
import { Transcript } from './transcript.ts';

/** Maximum of fresh contexts per order. */
const maxStarts = 5;
/** Messages to carry over if the agent could not write notes. */
const lastWords = 5;

/**
 * The conversation of a session. Its transcript only grows. If it exceeds the model's context, the work continues in a
 * fresh context with the same brief and notes on the previous one.
 */
export class Conversation {
  readonly #folder: string;
  readonly #order: Order;
  #transcript: Transcript;
  #session: string;
  #starts = 0;

  private constructor(folder: string, order: Order, transcript: Transcript, session: string) {
    this.#folder = folder;
    this.#order = order;
    this.#transcript = transcript;
    this.#session = session;
  }

  /** Opens the session of an order, new or continued, and appends its brief. */
  static async open(folder: string, order: Order): Promise<Conversation> {
    const session = order.session ?? `${order.name}.jsonl`;
    const transcript = await Transcript.open(path.join(folder, session), { isContinued: order.session !== null });
    await transcript.append({ role: 'user', content: order.brief.own });
    return new Conversation(folder, order, transcript, session);
  }

  /** Name of the transcript, for continuing the session. */
  get session(): string {
    return this.#session;
  }

  get messages(): readonly Anthropic.MessageParam[] {
    return this.#transcript.messages;
  }

  get mayStartAfresh(): boolean {
    return this.#starts < maxStarts;
  }

  async append(message: Anthropic.MessageParam): Promise<void> {
    await this.#transcript.append(message);
  }

  /** Continues in a fresh context. Without notes, the last messages replace them. */
  async startAfresh(notes: string | null): Promise<void> {
    const before = this.#transcript.messages;
    this.#starts++;
    this.#session = `${this.#session.replace(/(?:\+\d+)?\.jsonl$/, '')}+${this.#starts}.jsonl`;
    const first = before[0]?.content;
    const brief = typeof first === 'string' ? first : this.#order.brief.own;
    const asked = this.#order.session === null ? [] : [this.#order.brief.own];
    const text = notes?.trim() || wordsOf(before).slice(-lastWords).join('\n\n') || 'There are no notes.';
    this.#transcript = await Transcript.open(path.join(this.#folder, this.#session), { isContinued: false });
    await this.#transcript.append({
      role: 'user',
      content: [
        brief,
        ...asked,
        'You have already started: the folder is as you left it. Your notes so far:',
        text,
      ].join('\n\n'),
    });
  }
}

function wordsOf(messages: readonly Anthropic.MessageParam[]): string[] {
  return messages.flatMap(({ role, content }) =>
    role === 'assistant' && typeof content !== 'string'
      ? content.flatMap((block) => (block.type === 'text' && block.text.trim() !== '' ? [block.text] : []))
      : [],
  );
}
