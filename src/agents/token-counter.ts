/** Tokens of an answer, and searches that were made for it. */
export interface Counted {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  cacheWrite1h: number;
  searches: number;
}

/** Reads the tokens out of an answer as it passes: a stream of events, or one JSON object. */
export class TokenCounter {
  readonly #isStream: boolean;
  readonly #found: (block: unknown) => void;
  #rest = '';
  #counted: Counted | null = null;
  #isWhole = false;

  constructor(contentType: string, found: (block: unknown) => void) {
    this.#isStream = contentType.includes('event-stream');
    this.#found = found;
  }

  push(chunk: Buffer): void {
    this.#rest += chunk.toString('latin1'); // numbers and keys are ASCII
    if (!this.#isStream) return;
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith('data:') && (line.includes('"usage"') || line.includes('_tool_result"')))
        this.#read(line.slice(5));
  }

  result(): Counted | null {
    if (!this.#isStream) this.#read(this.#rest);
    return this.#isWhole ? this.#counted : null; // a stream that broke off told only what it began with
  }

  #read(json: string): void {
    const text = json.includes('_tool_result"') ? Buffer.from(json, 'latin1').toString('utf8') : json;
    const event = parse(text);
    if (event === null) return;
    for (const block of [event.content_block ?? [], event.content ?? []].flat()) this.#found(block);
    const told = event.message?.usage ?? event.usage;
    if (!told) return;
    if (event.usage) this.#isWhole = true;
    const before = this.#counted ?? { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0, searches: 0 };
    this.#counted = {
      input: told.input_tokens ?? before.input,
      output: told.output_tokens ?? before.output,
      cacheRead: told.cache_read_input_tokens ?? before.cacheRead,
      cacheWrite: told.cache_creation_input_tokens ?? before.cacheWrite,
      cacheWrite1h: told.cache_creation?.ephemeral_1h_input_tokens ?? before.cacheWrite1h,
      searches: told.server_tool_use?.web_search_requests ?? before.searches,
    };
  }
}

/** What may have numbers in it; null for what has not its shape. */
function parse(json: string): Event | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' ? value : null;
  } catch {
    return null; // no JSON: a line that was cut, or no event
  }
}

/** An event of a stream, or a whole answer, as far as it is read. */
interface Event {
  readonly message?: { readonly usage?: Told };
  readonly usage?: Told;
  readonly content_block?: unknown;
  readonly content?: unknown;
}

interface Told {
  readonly server_tool_use?: { readonly web_search_requests?: number } | null;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly cache_creation?: { readonly ephemeral_1h_input_tokens?: number } | null;
}
