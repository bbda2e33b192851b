import { z } from 'zod';

/*
 * The allowed requests, field by field: conversations with client tools, as sent by the tested agents (Claude Code 2.1,
 * opencode 1.18, claude-agent-acp 0.101), and equivalents at no higher cost or reach. Other fields are refused: an
 * unknown field may raise the price above the reservation, or make the model's host fetch, run or store something.
 */

const text = z.string();
const opaque = z.record(z.string(), z.unknown());
const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).nullish() }).nullish();
const caller = z.strictObject({ type: z.literal('direct') }).nullish();
const citations = z.strictObject({ enabled: z.boolean().nullish() }).nullish();

const textBlock = z.strictObject({
  type: z.literal('text'),
  text,
  cache_control: cacheControl,
  citations: z.array(z.record(z.string(), z.union([text, z.number(), z.null()]))).nullish(),
});
/** Inline content only: no URLs, and no files stored by the provider. */
const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: text,
    }),
  ]),
  cache_control: cacheControl,
});
const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: text }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: text }),
    z.strictObject({
      type: z.literal('content'),
      content: z.union([text, z.array(z.discriminatedUnion('type', [textBlock, imageBlock]))]),
    }),
  ]),
  title: text.nullish(),
  context: text.nullish(),
  citations,
  cache_control: cacheControl,
});
const searchResultBlock = z.strictObject({
  type: z.literal('search_result'),
  source: text,
  title: text,
  content: z.array(textBlock),
  citations,
  cache_control: cacheControl,
});
const toolReference = z.strictObject({
  type: z.literal('tool_reference'),
  tool_name: text,
  cache_control: cacheControl,
});
const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: text,
  content: z
    .union([
      text,
      z.array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock, toolReference])),
    ])
    .nullish(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
});

/** A tool that the client runs. */
const clientTool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: text,
  description: text.nullish(),
  input_schema: opaque,
  input_examples: z.array(opaque).nullish(),
  strict: z.boolean().nullish(),
  eager_input_streaming: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
  allowed_callers: z.array(z.literal('direct')).nullish(),
  cache_control: cacheControl,
});
/** The provider's search, in versions whose uses can be limited and restricted to the model. */
const searchTool = z.strictObject({
  type: z.enum(['web_search_20250305', 'web_search_20260209', 'web_search_20260318']),
  name: z.literal('web_search'),
  max_uses: z.int().min(1).nullish(),
  allowed_domains: z.array(text).nullish(),
  blocked_domains: z.array(text).nullish(),
  user_location: z
    .strictObject({
      type: z.literal('approximate'),
      city: text.nullish(),
      region: text.nullish(),
      country: text.nullish(),
      timezone: text.nullish(),
    })
    .nullish(),
  response_inclusion: z.enum(['full', 'excluded']).nullish(),
  allowed_callers: z.array(text).nullish(),
  strict: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
  cache_control: cacheControl,
});

const block = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  toolResultBlock,
  z.strictObject({ type: z.literal('thinking'), thinking: text, signature: text }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: text }),
  z.strictObject({
    type: z.literal('tool_use'),
    id: text,
    name: text,
    input: z.unknown(),
    caller,
    cache_control: cacheControl,
  }),
  // Search results stay in the conversation.
  z.strictObject({
    type: z.literal('server_tool_use'),
    id: text,
    name: z.literal('web_search'),
    input: opaque,
    caller,
    cache_control: cacheControl,
  }),
  z.strictObject({
    type: z.literal('web_search_tool_result'),
    tool_use_id: text,
    content: z.union([
      z.array(
        z.strictObject({
          type: z.literal('web_search_result'),
          url: text,
          title: text,
          encrypted_content: text,
          page_age: text.nullish(),
        }),
      ),
      z.strictObject({ type: z.literal('web_search_tool_result_error'), error_code: text }),
    ]),
    caller,
    cache_control: cacheControl,
  }),
  // Tools that change during a session.
  z.strictObject({
    type: z.literal('tool_addition'),
    tool: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('tool_definition'), definition: clientTool }),
      z.strictObject({ type: z.literal('tool_reference'), name: text }),
    ]),
    cache_control: cacheControl,
  }),
  z.strictObject({
    type: z.literal('tool_removal'),
    tool: z.discriminatedUnion('type', [z.strictObject({ type: z.literal('tool_reference'), name: text })]),
    cache_control: cacheControl,
  }),
]);

const format = z.strictObject({ type: z.literal('json_schema'), schema: opaque }).nullish();
const outputConfig = z
  .strictObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(), format })
  .nullish();
const inThinking = {
  display: z.enum(['summarized', 'omitted', 'updates']).nullish(),
  block_binding: z.strictObject({ prefix_mismatch_behavior: text.nullish() }).nullish(),
};
const amount = z.strictObject({
  type: z.enum(['input_tokens', 'tool_uses', 'thinking_turns', 'all']),
  value: z.int().min(0).nullish(),
});
const perCall = { disable_parallel_tool_use: z.boolean().nullish() };

/** A request with these tools. */
function requestOf<T extends z.ZodType>(tool: T) {
  return z.strictObject({
    model: text,
    max_tokens: z.int().min(1).optional(),
    messages: z.array(
      z.strictObject({
        role: z.enum(['user', 'assistant', 'system']),
        content: z.union([text, z.array(block)]).nullish(),
        clear_at: z.enum(['next_user_message', 'never']).nullish(),
        output_config: z.strictObject({ effort: text.nullish() }).nullish(),
      }),
    ),
    system: z.union([text, z.array(textBlock)]).nullish(),
    tools: z.array(tool).nullish(),
    tool_choice: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('auto'), ...perCall }),
        z.strictObject({ type: z.literal('any'), ...perCall }),
        z.strictObject({ type: z.literal('tool'), name: text, ...perCall }),
        z.strictObject({ type: z.literal('none') }),
      ])
      .nullish(),
    thinking: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('adaptive'), ...inThinking }),
        z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1), ...inThinking }),
        z.strictObject({ type: z.literal('between_tools'), ...inThinking }),
        z.strictObject({ type: z.literal('disabled') }),
      ])
      .nullish(),
    output_config: outputConfig,
    output_format: format,
    cache_control: cacheControl,
    context_management: z
      .strictObject({
        // Edits that remove content; compaction by the provider is a call of its own.
        edits: z
          .array(
            z.discriminatedUnion('type', [
              z.strictObject({
                type: z.literal('clear_tool_uses_20250919'),
                trigger: amount.nullish(),
                keep: amount.nullish(),
                clear_at_least: amount.nullish(),
                exclude_tools: z.array(text).nullish(),
                clear_tool_inputs: z.union([z.boolean(), z.array(text)]).nullish(),
              }),
              z.strictObject({
                type: z.literal('clear_thinking_20251015'),
                keep: z.union([z.literal('all'), amount]).nullish(),
              }),
            ]),
          )
          .nullish(),
      })
      .nullish(),
    metadata: z.strictObject({ user_id: text.nullish() }).nullish(),
    stop_sequences: z.array(text).nullish(),
    stream: z.boolean().nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    top_k: z.number().nullish(),
    // Tiers and regions with a known price, at standard speed.
    service_tier: z.enum(['auto', 'standard_only']).nullish(),
    inference_geo: z.enum(['global', 'us']).nullish(),
    speed: z.literal('standard').nullish(),
  });
}

/** Requests with client tools only. */
export const plainRequest = requestOf(z.discriminatedUnion('type', [clientTool]));
/** Requests that may also use the provider's search. */
export const searchingRequest = requestOf(z.discriminatedUnion('type', [clientTool, searchTool]));
export type KnownRequest = z.infer<typeof searchingRequest>;

/** Betas that affect only the shape of messages, not the price or the actions of the model's host. */
export const knownBetas: ReadonlySet<string> = new Set([
  // Sent by Claude Code 2.1, with a key or a subscription.
  'claude-code-20250219',
  'oauth-2025-04-20',
  'interleaved-thinking-2025-05-14',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'thinking-token-count-2026-05-13',
  'per-turn-control-2026-07-01',
  'mid-conversation-tool-changes-2026-07-01',
  'thinking-display-updates-2026-08-18',
  'thinking-binding-controls-2026-08-01',
  'mid-conversation-system-2026-04-07',
  'mid-conversation-system-clear-at-2026-08-21',
  'redact-thinking-2026-02-12',
  'tool-search-tool-2025-10-19',
  'web-search-2025-03-05',
  'token-counting-2024-11-01',
  // Sent by opencode and others.
  'structured-outputs-2025-11-13',
  'structured-outputs-2025-12-15',
  'fine-grained-tool-streaming-2025-05-14',
  'mid-conversation-output-config-2026-07-01',
  // Generally available by now.
  'prompt-caching-2024-07-31',
  'extended-cache-ttl-2025-04-11',
  'pdfs-2024-09-25',
  'token-efficient-tools-2025-02-19',
  'output-128k-2025-02-19',
  'model-context-window-exceeded-2025-08-26',
]);

/** Known versions of the API. */
export const knownVersions: ReadonlySet<string> = new Set(['2023-06-01', '2026-10-21']);
