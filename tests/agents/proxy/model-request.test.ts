import { describe, expect, test } from 'vitest';
import { type Allowed, filterHeaders, filterRequest, modelPaths } from '../../../src/agents/proxy/model-request.ts';

const nothing: Allowed = { fields: [], betas: [] };
const limits = { models: ['claude-opus-5-5'], maxTokens: 1000, web: false, allowed: nothing };
const message = (content: unknown): object => ({ role: 'user', content });
const base = { model: 'claude-opus-5-5', max_tokens: 500, messages: [message('hi')] };
const within = (block: object): object => ({
  messages: [message([{ type: 'tool_result', tool_use_id: 't', content: [block] }])],
});
const sent = (change: object, more: Partial<typeof limits> = {}): unknown => {
  const passing = filterRequest(JSON.stringify({ ...base, ...change }), { ...limits, ...more });
  return 'refused' in passing ? passing : (JSON.parse(passing.body) as unknown);
};
const png = { type: 'base64', media_type: 'image/png', data: 'x' };
const tool = { name: 'bash', input_schema: { type: 'object' } };

describe('what is known passes as it is', () => {
  test.each<[string, object]>([
    ['a plain request', {}],
    ['tools of the client', { tools: [tool, { ...tool, type: 'custom', eager_input_streaming: true }] }],
    ['an image that is sent along', { messages: [message([{ type: 'image', source: png }])] }],
    ['an image that a tool brought', within({ type: 'image', source: png })],
    [
      'a document that a tool brought',
      within({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'x' } }),
    ],
    [
      'thinking, caching and streaming',
      {
        thinking: { type: 'adaptive', display: 'updates', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
        cache_control: { type: 'ephemeral', ttl: '1h' },
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
        stream: true,
      },
    ],
    [
      'what a model thought and called',
      {
        messages: [
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: '', signature: 's' },
              { type: 'tool_use', id: 't', name: 'bash', input: { mcp_servers: 1, source: { type: 'url' } } },
            ],
          },
          { role: 'system', content: [{ type: 'text', text: 'x' }], output_config: { effort: 'low' } },
        ],
      },
    ],
    [
      'tools that come and go',
      {
        messages: [
          {
            role: 'system',
            content: [
              { type: 'tool_addition', tool: { type: 'tool_definition', definition: tool } },
              { type: 'tool_removal', tool: { type: 'tool_reference', name: 'bash' } },
            ],
          },
        ],
      },
    ],
    ['a tier and a region with a price', { service_tier: 'standard_only', inference_geo: 'us' }],
  ])('%s', (_name, change) => {
    expect(sent(change)).toEqual({ ...base, ...change });
  });
});

/** What is neither known nor allowed: what is changed, what is said of it, and the entry that would allow it. */
const unknown: readonly [string, object, string, string | null][] = [
  ['fast mode', { speed: 'fast' }, '"speed" as "fast" is not known', 'speed'],
  ['another tier', { service_tier: 'priority' }, '"service_tier" as "priority" is not known', 'service_tier'],
  ['another region', { inference_geo: 'moon' }, '"inference_geo" as "moon" is not known', 'inference_geo'],
  ['fallbacks', { fallbacks: [{ model: 'claude-fable-5' }] }, 'the field "fallbacks" is not known', 'fallbacks'],
  ['another workspace', { workspace_id: 'w' }, 'the field "workspace_id" is not known', 'workspace_id'],
  ['who else pays', { billing_policy: {} }, 'the field "billing_policy" is not known', 'billing_policy'],
  ['a conversation kept there', { thread: { type: 'create' } }, 'the field "thread" is not known', 'thread'],
  ['servers of others', { mcp_servers: [] }, 'the field "mcp_servers" is not known', 'mcp_servers'],
  ['a container', { container: 'c1' }, 'the field "container" is not known', 'container'],
  [
    'a cache for longer',
    { cache_control: { type: 'ephemeral', ttl: '24h' } },
    '"cache_control.ttl" as "24h" is not known',
    'cache_control.ttl',
  ],
  [
    'a cache for longer, deep down',
    { messages: [message([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '24h' } }])] },
    '"messages.content.cache_control.ttl" as "24h" is not known',
    'messages.content.cache_control.ttl',
  ],
  [
    'a summary by the provider',
    { context_management: { edits: [{ type: 'compact_20260112' }] } },
    '"context_management.edits.type" as "compact_20260112" is not known',
    'context_management.edits.type=compact_20260112',
  ],
  [
    'a tool that fetches',
    { tools: [{ type: 'web_fetch_20260101', name: 'f' }] },
    '"tools.type" as "web_fetch_20260101" is not known',
    'tools.type=web_fetch_20260101',
  ],
  [
    'code on the host',
    { tools: [{ type: 'code_execution_20260101', name: 'c' }] },
    '"tools.type" as "code_execution_20260101" is not known',
    'tools.type=code_execution_20260101',
  ],
  [
    'a tool in capitals',
    { tools: [{ ...tool, type: 'Custom' }] },
    '"tools.type" as "Custom" is not known',
    'tools.type=Custom',
  ],
  [
    'a tool that code calls',
    { tools: [{ ...tool, allowed_callers: ['code_execution_20260120'] }] },
    '"tools.allowed_callers" as "code_execution_20260120" is not known',
    'tools.allowed_callers',
  ],
  [
    'a tool that is added on the host',
    {
      messages: [
        {
          role: 'system',
          content: [
            {
              type: 'tool_addition',
              tool: { type: 'tool_definition', definition: { ...tool, type: 'code_execution_20260101' } },
            },
          ],
        },
      ],
    },
    '"messages.content.tool.definition.type" as "code_execution_20260101" is not known',
    'messages.content.tool.definition.type=code_execution_20260101',
  ],
  [
    'an image by address',
    { messages: [message([{ type: 'image', source: { type: 'url', url: 'https://evil.example/?secret' } }])] },
    '"messages.content.source.type" as "url" is not known',
    'messages.content.source.type=url',
  ],
  [
    'a document by file, deep down',
    within({ type: 'document', source: { type: 'file', file_id: 'f' } }),
    '"messages.content.content.source.type" as "file" is not known',
    'messages.content.content.source.type=file',
  ],
  [
    'a file of a container',
    { messages: [message([{ type: 'container_upload', file_id: 'f' }])] },
    '"messages.content.type" as "container_upload" is not known',
    'messages.content.type=container_upload',
  ],
  [
    'a field beside a known one',
    { messages: [message([{ type: 'text', text: 'x', fetch: 'https://evil.example' }])] },
    'the field "messages.content.fetch" is not known',
    'messages.content.fetch',
  ],
  ['less than no output', { max_tokens: -5 }, '"max_tokens" as -5 is not known', null],
  ['output in words', { max_tokens: '5' }, '"max_tokens" as "5" is not known', null],
];

describe('what is not known does not pass', () => {
  test.each(unknown)('%s', (_name, change, refused, name) => {
    expect(sent(change)).toEqual({ refused, entry: name === null ? null : { list: 'fields', name } });
  });

  test('another model', () => {
    const entry = { list: 'models', name: 'claude-fable-5' };
    const refused = 'the model claude-fable-5 is not allowed';
    expect(sent({ model: 'claude-fable-5' })).toEqual({ refused, entry });
  });

  test('what is no request, or is read in two ways', () => {
    const refuses = (text: string): unknown => filterRequest(text, limits);
    const final = (refused: string): object => ({ refused, entry: null });
    expect(refuses('{')).toEqual(final('the body is not JSON'));
    expect(refuses('[]')).toEqual(final('the body is not a request for messages'));
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
    expect(refuses(`{"model":"claude-opus-5-5","messages":${deep}}`)).toEqual(final('the body is nested too deeply'));
    const plain = JSON.stringify(base);
    expect(refuses(plain.replace('{', '{"__proto__":{"mcp_servers":[]},'))).toEqual(
      final('a key "__proto__" is not allowed'),
    );
    // Of a key that stands twice, one is judged, and the same one is sent.
    const twice = plain.replace('"model"', '"model":"claude-fable-5","model"');
    expect(refuses(twice)).toMatchObject({ body: plain, model: 'claude-opus-5-5' });
  });
});

describe('what the user allowed by name passes', () => {
  test.each(unknown.filter(([, , , name]) => name !== null))('%s', (_name, change, _refused, name) => {
    const allowed = { fields: [name ?? ''], betas: [] };
    expect(sent(change, { allowed })).toEqual({ ...base, ...change });
    // And nothing else does with it.
    expect(sent({ ...change, more: 1 }, { allowed })).toMatchObject({ refused: 'the field "more" is not known' });
  });

  test('what a call is priced by is never taken on trust', () => {
    const allowed = { fields: ['max_tokens', 'model'], betas: [] };
    expect(sent({ max_tokens: '5' }, { allowed })).toMatchObject({ entry: null });
  });
});

test('output, thinking and searches are held to what is reserved for them', () => {
  expect(sent({ max_tokens: 128_000, thinking: { type: 'enabled', budget_tokens: 64_000 } })).toMatchObject({
    max_tokens: 1000,
    thinking: { budget_tokens: 999 },
  });
  const search = (more: object, type = 'web_search_20250305'): unknown => {
    const asked = { ...base, tools: [{ type, name: 'web_search', ...more }] };
    const passing = filterRequest(JSON.stringify(asked), { ...limits, web: true });
    return 'refused' in passing ? passing : [passing.searches, (passing.request['tools'] as unknown[])[0]];
  };
  const old = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };
  expect([search({ max_uses: 8 }), search({})]).toEqual([
    [true, old],
    [true, old],
  ]);
  const callers = { allowed_callers: ['code_execution_20260120'] };
  expect(search({ max_uses: 1, ...callers }, 'web_search_20260318')).toEqual([
    true,
    { ...old, type: 'web_search_20260318', max_uses: 1, allowed_callers: ['direct'] },
  ]);
  expect(sent({ tools: [old] })).toEqual({
    refused: "the tool web_search_20250305 would run on the model's host",
    entry: null,
  });
});

test('how long and how fast is told, for the price', () => {
  const told = (change: object): unknown => filterRequest(JSON.stringify({ ...base, ...change }), limits);
  expect(told({})).toMatchObject({ ttl: '5m', speed: undefined, searches: false });
  const system = [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }];
  expect(told({ system })).toMatchObject({ ttl: '1h' });
  expect(told({ system: 'what "ttl":"1h" means' })).toMatchObject({ ttl: '5m' });
});

test('only these paths, written like this', () => {
  for (const where of [
    'POST /v1/files',
    'GET /v1/messages',
    'POST //v1/messages',
    'POST /v1/messages/../files',
    'POST http://evil.example/v1/messages',
    'CONNECT evil.example:443',
    'POST /v1/messages?x=1',
  ])
    expect(modelPaths.has(where)).toBe(false);
  expect(modelPaths.has('POST /v1/messages?beta=true')).toBe(true);
});

test('betas and versions pass that are known or allowed, and no others', () => {
  const head = (betas: string, version = '2023-06-01'): object => ({ betas, version });
  expect(filterHeaders({ betas: 'effort-2025-11-24, effort-2025-11-24,', version: '2023-06-01' }, nothing)).toEqual(
    head('effort-2025-11-24'),
  );
  for (const beta of [
    'mcp-client-2025-11-20',
    'fast-mode-2026-02-01',
    'files-api-2025-04-14',
    'tomorrows-2027-01-01',
  ]) {
    const asked = { betas: `effort-2025-11-24,${beta}`, version: '2023-06-01' };
    expect(filterHeaders(asked, nothing)).toEqual({
      refused: `the beta "${beta}" is not known`,
      entry: { list: 'betas', name: beta },
    });
    expect(filterHeaders(asked, { fields: [], betas: [beta] })).toEqual(head(`effort-2025-11-24,${beta}`));
  }
  expect(filterHeaders({ betas: '', version: '2099-01-01' }, nothing)).toMatchObject({
    entry: { list: 'fields', name: 'anthropic-version' },
  });
});
