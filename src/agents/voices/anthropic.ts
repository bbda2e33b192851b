import Anthropic from '@anthropic-ai/sdk';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import type { MicroUsd } from '../../model/money.ts';
import { sha256 } from '../../util/values/hash.ts';
import { type ModelFacts, nearestEffort, officialUrl } from '../money/models.ts';
import { Bill, type Took, tookNothing } from '../money/bill.ts';
import type { CacheTtl, Prices } from '../money/prices.ts';
import { promptTokens, tokensCounted } from '../money/prompt-size.ts';
import type { Limiter } from '../provider/limiter.ts';
import type { Warmth } from '../provider/warmth.ts';
import { perRequest } from '../words/web.ts';
import {
  type Call,
  CallFailed,
  type CallProblem,
  type Pass,
  type Reply,
  type Voice,
  type VoiceRequest,
} from '../provider/voice.ts';
import { theirError } from '../provider/their-error.ts';
import { BadAnswer } from '../provider/answer-reader.ts';
import { classify, costsNothing, endOf, NoReply } from '../provider/api-error.ts';
import type { AskedWith } from '../provider/refusal.ts';
import { type Access, openClient, Reading } from './client.ts';

export interface AnthropicOptions extends Access {
  /** The variable with the key. */
  readonly keyVariable: string;
  readonly model: string;
  readonly facts: ModelFacts;
  /** Output tokens per call. */
  readonly maxTokens: number;
  /** Cache lifetime of the prefix that all units share. */
  readonly cacheTtl: CacheTtl;
  readonly prices: Prices;
  /** Shared by all calls with this key. */
  readonly limiter: Limiter;
  readonly warmth: Warmth;
}

/** Shorter prefixes are not cached: the minimum of all models is 512 tokens, about this many characters. */
const minCachedCharacters = 2000;
/** Milliseconds for counting tokens. */
const countMs = 10_000;

/**
 * The Anthropic API as a voice: streamed, with a limit on silence, which the SDK's time-out does not cover after the
 * headers. The SDK never retries: the loop does, and the SDK would sleep through a `retry-after` of an hour.
 */
export function anthropicVoice(options: AnthropicOptions): Voice {
  const client = openClient(options);
  const asTaken = new WeakMap<VoiceRequest['tools'], Anthropic.ToolUnion[]>(); // the same in all calls of a session
  let known: (Pick<VoiceRequest, 'system' | 'tools' | 'effort'> & { readonly digest: string | null }) | null = null;
  return {
    model: options.model,
    contextWindow: options.facts.contextWindow,
    canSearch: options.facts.canSearch,
    hearsSystem: options.facts.hearsSystem,
    worstCase(request) {
      const { system, tools, messages } = request;
      return worstCase(options, request, promptTokens({ system, tools, messages }, options.facts.contextWindow));
    },
    async counted(request, leftMicroUsd, signal, pass) {
      const isHopeless = (worstCase(options, request, 0) ?? 0) > leftMicroUsd;
      const mayAsk = !isHopeless || options.limiter.pool?.hasAnswered === false;
      const tokens = mayAsk ? await countTokens(client, options, request, { signal, pass }) : null;
      const most = tokens === null ? null : worstCase(options, request, tokens);
      const { doubt } = options.limiter; // the missing amount is held by calls with an unknown end
      if (doubt !== null && (most === null || most > leftMicroUsd))
        throw new CallFailed({ kind: 'fatal', failure: doubt });
      return most;
    },
    enter(request, signal) {
      const { system, tools, effort } = request;
      // Computed once, since it is the same in all calls of a session.
      if (known?.system !== system || known.tools !== tools || known.effort !== effort) {
        const text = JSON.stringify([options.model, effort, tools, system]);
        known = { system, tools, effort, digest: text.length < minCachedCharacters ? null : sha256(text) };
      }
      return enter(options, known.digest, signal);
    },
    ask(request, signal, call) {
      const tools = asTaken.get(request.tools) ?? toolsAs(options.facts, request.tools);
      asTaken.set(request.tools, tools);
      return ask(client, options, { ...request, tools }, signal, call);
    },
  };
}

function searches({ tools }: Pick<VoiceRequest, 'tools'>): boolean {
  return tools.some((tool) => 'name' in tool && tool.name === 'web_search');
}

function worstCase(options: AnthropicOptions, request: VoiceRequest, tokens: number): MicroUsd | null {
  const web = searches(request) ? perRequest : undefined;
  return options.prices.worstCase(options.model, tokens, maxTokensOf(options), options.cacheTtl, { web });
}

/** The provider's token count of a prompt; null if not available. */
async function countTokens(
  client: Anthropic,
  options: AnthropicOptions,
  { system, tools, messages }: VoiceRequest,
  { signal, pass }: { readonly signal: AbortSignal; readonly pass: Pass | undefined },
): Promise<number | null> {
  try {
    const prompt = { model: options.model, system, messages: [...messages], tools: [...tools] };
    const counted = await client.messages.countTokens(prompt as Anthropic.MessageCountTokensParams, {
      signal,
      timeout: countMs,
      maxRetries: 0,
    });
    return tokensCounted(counted);
  } catch (error) {
    theirError(error);
    const asked = askedWith(options, true); // the counting endpoint may be missing
    const problem = classify(error, asked);
    const end = endOf(error, problem, asked);
    // So may this model's count.
    const isUnusable = end.kind === 'lost' || (end.kind === 'refused' && end.failure.kind !== 'model');
    if (signal.aborted || !isUnusable || options.limiter.pool?.hasAnswered !== false) return null;
    throw failedCall(options, { error, asked, problem, pass, took: tookNothing });
  }
}

function maxTokensOf({ maxTokens, facts }: AnthropicOptions): number {
  return Math.min(maxTokens, facts.maxOutputTokens ?? maxTokens);
}

/** Waits until the shared prefix is cached, or this call is its writer; then for a place. */
async function enter(options: AnthropicOptions, beginning: string | null, signal: AbortSignal): Promise<Pass> {
  const { cacheTtl, warmth, limiter } = options;
  if (beginning === null) return limiter.enter(signal);
  const lifetimeMs = cacheTtl === '1h' ? 3_600_000 : 300_000;
  const warmUp = await warmth.enter(beginning, lifetimeMs, signal);
  try {
    const place = await limiter.enter(signal);
    return {
      begun: () => warmUp.begun(),
      leave(end, headers) {
        warmUp.over();
        place.leave(end, headers);
      },
    };
  } catch (error) {
    warmUp.over();
    throw error;
  }
}

async function ask(
  client: Anthropic,
  options: AnthropicOptions,
  request: VoiceRequest,
  signal: AbortSignal,
  call: Call | undefined,
): Promise<Reply> {
  const pass = call?.pass;
  const bill = new Bill(options.prices, {
    model: options.model,
    maxTokens: maxTokensOf(options),
    ttl: options.cacheTtl,
    searches: searches(request),
    most: call?.most ?? null,
  });

  if (signal.aborted) throw new CallFailed({ kind: 'aborted' });
  const effort = nearestEffort(options.facts, request.effort);
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), request.idleMs);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), request.idleMs);
  };
  const ours: unknown[] = [];
  let isTold = false;
  const reading = new Reading((event) => {
    if (!bill.hear(event) || isTold) return;
    isTold = true; // once, since each settlement waits for the disk
    pass?.begun?.();
    try {
      call?.onTook(bill.took());
    } catch (error) {
      ours.push(error); // the library would report it as the provider's
      throw error;
    }
  }, heard);
  try {
    const stream = client.withOptions({ fetch: reading.fetch }).messages.stream(
      {
        model: options.model,
        max_tokens: maxTokensOf(options),
        // Two breakpoints: behind the shared prefix, and the automatic one at the end.
        system: [
          {
            type: 'text',
            text: request.system,
            cache_control: { type: 'ephemeral', ...(options.cacheTtl === '1h' ? { ttl: '1h' } : {}) },
          },
        ],
        cache_control: { type: 'ephemeral' },
        messages: [...request.messages],
        tools: [...request.tools],
        ...(effort === null ? {} : { output_config: { effort } }),
        ...(options.facts.isAdaptive ? { thinking: { type: 'adaptive' as const } } : {}),
      },
      { signal: AbortSignal.any([signal, silence.signal]), maxRetries: 0 },
    );
    stream.on('connect', heard);
    const message = await stream.finalMessage().catch((error: unknown) => {
      // The library does not say what came instead.
      const isEmpty = Object.getPrototypeOf(error) === Anthropic.AnthropicError.prototype && !causeIn(error);
      if (reading.isReply || !isEmpty || !stream.response) throw error;
      throw new NoReply(stream.response.status, reading.told);
    });
    const content = message.content.map((block) => ({ ...block })); // tool input is parsed only now, and may be invalid
    pass?.leave({ kind: 'ok' }, (name) => stream.response?.headers.get(name));
    if (ours.length > 0) throw ours[0];
    return { content, stopReason: message.stop_reason, ...bill.took() };
  } catch (error) {
    if (ours.length > 0) throw ours[0];
    const took = costsNothing(error) ? tookNothing : bill.took();
    if (signal.aborted) throw new CallFailed({ kind: 'aborted' }, took);
    const why = silence.signal.aborted ? new BadAnswer(`no data for ${request.idleMs / 1000} s`) : error;
    const asked = askedWith(options);
    const problem = classify(why, asked);
    const isRefused = problem.kind === 'fatal' && problem.failure.reason === 'agent-unusable';
    throw failedCall(options, { error: why, asked, problem, pass, took: isRefused ? tookNothing : took });
  } finally {
    pass?.leave({ kind: 'other' });
    clearTimeout(timer);
  }
}

function causeIn(error: unknown): boolean {
  return error instanceof Error && error.cause !== undefined;
}

function askedWith(options: AnthropicOptions, hasReplied = options.limiter.hasReplied): AskedWith {
  return {
    provider: options.baseUrl ?? officialUrl,
    model: options.model,
    credential: 'key',
    variable: options.keyVariable,
    isKnown: options.limiter.pool?.hasAnswered ?? false,
    hasReplied,
  };
}

/** Frees the pass with the end of a failed call; returns the error to throw. */
function failedCall(
  { limiter }: AnthropicOptions,
  failed: {
    readonly error: unknown;
    readonly asked: AskedWith;
    readonly problem: CallProblem;
    readonly pass: Pass | undefined;
    readonly took: Took;
  },
): CallFailed {
  const { error, asked, problem, pass, took } = failed;
  const headers = error instanceof Anthropic.APIError ? (error.headers as Headers | undefined) : undefined;
  pass?.leave(endOf(error, problem, asked), headers ? (name) => headers.get(name) : null);
  const { refusal } = limiter; // this may have been the last call before it is given up
  return new CallFailed(refusal === null ? problem : { kind: 'fatal', failure: refusal }, took);
}

/** The tools as the model takes them: `finish` with a strict schema, if supported. */
function toolsAs({ isStrict }: ModelFacts, tools: VoiceRequest['tools']): Anthropic.ToolUnion[] {
  return tools.map((tool) => {
    if (!isStrict || !('input_schema' in tool) || tool.name !== 'finish') return tool;
    // Strict schemas lack lengths and limits: descriptions state them, and the call is validated.
    const { schema } = jsonSchemaOutputFormat(tool.input_schema as Parameters<typeof jsonSchemaOutputFormat>[0]);
    return { ...tool, strict: true, input_schema: schema as Anthropic.Tool.InputSchema };
  });
}
