import { z } from 'zod';
import type { AgentEmit } from '../../model/agent.ts';
import type { AgentFailed } from '../../model/failure.ts';
import { printableLine } from '../../util/text/printable.ts';
import { agentFailed } from '../provider/agent-failed.ts';
import type { RawBlock } from './claude-replies.ts';

/*
 * The output of Claude Code with `--output-format stream-json`: one JSON object per line. The shapes are those of
 * versions 2.1.197 to 2.1.332. Unknown kinds of lines are skipped, since they differ by version.
 */

const lineSchema = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('system'),
    subtype: z.string(),
    session_id: z.string().optional(),
    model: z.string().optional(),
    claude_code_version: z.string().optional(),
    apiKeySource: z.string().optional(),
    retry_delay_ms: z.number().optional(),
    error: z.unknown().optional(),
    error_status: z.number().nullish(),
  }),
  z.looseObject({
    type: z.literal('assistant'),
    message: z.looseObject({
      id: z.string().default(''),
      content: z.array(z.looseObject({ type: z.string() })).default([]),
      usage: z
        .looseObject({
          input_tokens: z.number().default(0),
          cache_read_input_tokens: z.number().nullish(),
          cache_creation_input_tokens: z.number().nullish(),
        })
        .optional(),
    }),
    parent_tool_use_id: z.string().nullish(),
  }),
  z.looseObject({
    type: z.literal('user'),
    message: z.looseObject({ content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]) }),
  }),
  z.looseObject({
    type: z.literal('rate_limit_event'),
    rate_limit_info: z.looseObject({
      status: z.string(),
      resetsAt: z.number().nullish(),
      rateLimitType: z.string().nullish(),
      isUsingOverage: z.boolean().nullish(),
    }),
  }),
  z.looseObject({
    type: z.literal('result'),
    is_error: z.boolean().default(false),
    subtype: z.string().nullish(),
    terminal_reason: z.string().nullish(),
    stop_reason: z.string().nullish(),
    result: z.string().nullish(),
    errors: z.array(z.unknown()).nullish(),
    api_error_status: z.number().nullish(),
  }),
]);

/** The last line of a turn. */
type ClaudeResult = Extract<z.infer<typeof lineSchema>, { type: 'result' }>;

/** Parses the output of Claude Code, line by line. */
export class ClaudeStream {
  readonly #emit: AgentEmit;
  readonly #isRecorded: boolean;
  /** Running tools by call id. */
  readonly #tools = new Map<string, { readonly name: string; readonly summary: string }>();
  /** If recorded, the model's blocks by message id. */
  readonly messages = new Map<string, readonly RawBlock[]>();
  /** Tokens of the last prompt. */
  contextTokens: number | null = null;
  session: string | null = null;
  version: string | null = null;
  /** The reported source of its login. */
  login: string | null = null;
  result: ClaudeResult | null = null;
  /** Number of results, one per turn. */
  results = 0;
  /** True while the last message was a result. */
  isOver = false;
  toolCalls = 0;
  /** End of the subscription's rate limit, in ms since the epoch; null for none. */
  rejectedUntil: number | null = null;
  /** Number of lines without JSON. */
  garbage = 0;

  /** `isRecorded`: keeps the model's messages. */
  constructor(emit: AgentEmit, isRecorded = false) {
    this.#emit = emit;
    this.#isRecorded = isRecorded;
  }

  /** True while a tool runs, which produces no output. */
  get isBusy(): boolean {
    return this.#tools.size > 0;
  }

  push(line: string): void {
    let data: unknown;
    try {
      data = JSON.parse(line);
    } catch {
      this.garbage++;
      return;
    }
    const parsed = lineSchema.safeParse(data);
    if (!parsed.success) return;
    const told = parsed.data;
    if (told.type === 'assistant' || told.type === 'user') this.isOver = false;
    switch (told.type) {
      case 'system':
        if (told.subtype === 'init') {
          this.session = told.session_id ?? null;
          this.version = told.claude_code_version ?? null;
          this.login = told.apiKeySource ?? null;
        } else if (told.subtype === 'api_retry') {
          const why = [told.error_status ?? '', typeof told.error === 'string' ? told.error : ''].join(' ').trim();
          this.#emit({ type: 'retry', why: why || 'unknown', delayMs: told.retry_delay_ms ?? 0 });
        }
        return;
      case 'assistant':
        for (const block of told.message.content) this.#say(block);
        if (told.message.usage) {
          const {
            input_tokens: input,
            cache_read_input_tokens: read,
            cache_creation_input_tokens: write,
          } = told.message.usage;
          this.contextTokens = input + (read ?? 0) + (write ?? 0);
        }
        // One line per block; messages of its subagents are not recorded.
        if (this.#isRecorded && (told.parent_tool_use_id ?? null) === null)
          this.messages.set(told.message.id, [...(this.messages.get(told.message.id) ?? []), ...told.message.content]);
        return;
      case 'user':
        if (typeof told.message.content === 'string') return;
        for (const block of told.message.content) this.#answer(block);
        return;
      case 'rate_limit_event': {
        const { status, resetsAt, isUsingOverage } = told.rate_limit_info;
        // Warnings and paid overage do not block.
        const isRejected = status === 'rejected' && isUsingOverage !== true;
        this.rejectedUntil = isRejected && resetsAt ? resetsAt * 1000 : null;
        return;
      }
      case 'result':
        this.result = told;
        this.results++;
        this.isOver = true;
    }
  }

  #say(block: Readonly<Record<string, unknown>>): void {
    const { type, text, id, name, input } = block;
    if (type === 'text' && typeof text === 'string' && text.trim() !== '') this.#emit({ type: 'turn', text });
    if (type !== 'tool_use' || typeof id !== 'string') return;
    this.toolCalls++;
    this.#tools.set(id, { name: String(name), summary: summaryOf(input) });
  }

  #answer(block: Readonly<Record<string, unknown>>): void {
    const { type, tool_use_id: id, is_error: isError } = block;
    if (type !== 'tool_result' || typeof id !== 'string') return;
    const tool = this.#tools.get(id);
    this.#tools.delete(id);
    if (tool) this.#emit({ type: 'tool', ...tool, isError: isError === true });
  }
}

/** The first text of a tool's input, as a summary. */
function summaryOf(input: unknown): string {
  const texts = Object.values((input ?? {}) as object).filter((value) => typeof value === 'string');
  return printableLine(texts[0] ?? '', 200);
}

type ClaudeEnd =
  | { readonly kind: 'ok'; readonly text: string }
  /** `until`: ms since the epoch; null if unknown. */
  | { readonly kind: 'limited'; readonly until: number | null; readonly why: string }
  | { readonly kind: 'failed'; readonly failure: AgentFailed };

/**
 * The meaning of the end. API failures have `subtype: "success"`, and interrupted runs exit 0: the decisive fields are
 * `is_error`, `terminal_reason` and `api_error_status` of a result.
 */
export function endOf(stream: ClaudeStream, now: number): ClaudeEnd {
  const { result } = stream;
  const failed = (kind: AgentFailed['kind'], detail: string): ClaudeEnd => ({
    kind: 'failed',
    failure: agentFailed(kind, printableLine(detail, 500)),
  });
  if (result === null) return failed('crashed', 'It ended without a result.');
  const text = result.result ?? '';
  const errors = (result.errors ?? []).map(String).join('; ');
  const said = text || errors || result.terminal_reason || result.subtype || 'no reason was given';
  const isWell = !result.is_error && (result.terminal_reason ?? 'completed') === 'completed';
  if (isWell && (result.subtype ?? 'success') === 'success') return { kind: 'ok', text };
  if (stream.rejectedUntil !== null) return { kind: 'limited', until: stream.rejectedUntil, why: said };
  const window = /\bhit your\b.*\blimit\b/i.test(said) ? resetTime(said, now) : null;
  if (window !== null) return { kind: 'limited', until: window.until, why: said };
  const status = result.api_error_status ?? null;
  if (status === 429 || status === 529 || (status !== null && status >= 500))
    return { kind: 'limited', until: null, why: said };
  if (result.stop_reason === 'refusal') return failed('refused', said);
  switch (result.terminal_reason ?? result.subtype) {
    case 'max_turns':
    case 'error_max_turns':
      return failed('turn-limit', said);
    case 'prompt_too_long':
      return failed('context-exceeded', said);
    case 'structured_output_retry_exhausted':
    case 'error_max_structured_output_retries':
      return failed('silent', said);
    case 'api_error':
      return /prompt is too long/i.test(said) ? failed('context-exceeded', said) : failed('provider', said);
    default:
      return failed('crashed', said);
  }
}

/**
 * The time in "You've hit your session limit · resets 3:50pm (Asia/Tokyo)": the next such moment in ms since the epoch;
 * `until` is null if the text names none.
 */
export function resetTime(text: string, now: number): { readonly until: number | null } {
  const match = /resets (?:at )?(\d{1,2})(?::(\d{2}))?\s*(am|pm)(?: \(([\w/+-]+)\))?/i.exec(text);
  if (!match) return { until: null };
  const hour = (Number(match[1]) % 12) + (match[3]?.toLowerCase() === 'pm' ? 12 : 0);
  const wanted = hour * 60 + Number(match[2] ?? 0);
  let there: Intl.DateTimeFormat;
  try {
    there = new Intl.DateTimeFormat('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: match[4] ?? 'UTC',
    });
  } catch {
    return { until: null }; // unknown zone
  }
  const [hours = 0, minutes = 0] = there.format(now).split(':').map(Number);
  const ahead = (wanted - (hours * 60 + minutes) + 1440) % 1440 || 1440;
  return { until: Math.floor(now / 60_000) * 60_000 + ahead * 60_000 };
}
