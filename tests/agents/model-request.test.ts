import { expect, test } from 'vitest';
import { filterBetas, filterRequest, modelPaths } from '../../src/agents/model-request.ts';

const limits = { models: ['claude-opus-5-5'], maxTokens: 1000, web: false };
const message = (content: unknown): object => ({ role: 'user', content });
const base = { model: 'claude-opus-5-5', max_tokens: 500, messages: [message('hi')] };

test.each<[string, object]>([
  ['a plain request', {}],
  [
    'tools of the client',
    {
      tools: [
        { name: 'bash', input_schema: {} },
        { type: 'custom', name: 'x' },
      ],
    },
  ],
  ['an image that is sent along', { messages: [message([{ type: 'image', source: { type: 'base64', data: 'x' } }])] }],
  [
    'thinking, caching and streaming',
    { thinking: { type: 'adaptive' }, cache_control: { type: 'ephemeral' }, stream: true },
  ],
])('passes: %s', (_name, change) => {
  const asked = { ...base, ...change };
  expect(filterRequest(JSON.stringify(asked), limits)).toEqual({
    body: JSON.stringify(asked),
    model: 'claude-opus-5-5',
    maxTokens: 500,
    searches: false,
  });
});

test.each([
  [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }, { max_uses: 3 }],
  [{ type: 'web_search_20250305', name: 'web_search' }, { max_uses: 3 }],
  [
    { type: 'web_search_20260318', name: 'web_search', max_uses: 1, allowed_callers: ['code_execution_20260120'] },
    { max_uses: 1, allowed_callers: ['direct'] },
  ],
])('passes the search of the provider for who may see the web, held to a few: %o', (tool, as) => {
  const asked = JSON.stringify({ ...base, tools: [tool] });
  expect(filterRequest(asked, { ...limits, web: true })).toEqual({
    body: JSON.stringify({ ...base, tools: [{ ...tool, ...as }] }),
    model: 'claude-opus-5-5',
    maxTokens: 500,
    searches: true,
  });
  expect(filterRequest(asked, limits)).toEqual({ refused: `the tool ${tool.type} would run on the model's host` });
  const fetching = JSON.stringify({ ...base, tools: [{ type: 'web_fetch_20260318', name: 'web_fetch' }] });
  expect(filterRequest(fetching, { ...limits, web: true })).toEqual({
    refused: "the tool web_fetch_20260318 would run on the model's host",
  });
});

test('more output than allowed is cut down', () => {
  expect(filterRequest(JSON.stringify({ ...base, max_tokens: 128_000 }), limits)).toMatchObject({
    body: JSON.stringify({ ...base, max_tokens: 1000 }),
    maxTokens: 1000,
  });
});

test.each<[string, unknown, string]>([
  ['another model', { model: 'claude-fable-5' }, 'the model claude-fable-5 is not allowed'],
  [
    'a tool that fetches',
    { tools: [{ type: 'web_fetch_20260101', name: 'f' }] },
    "the tool web_fetch_20260101 would run on the model's host",
  ],
  [
    'code on the host',
    { tools: [{ type: 'code_execution_20260101' }] },
    "the tool code_execution_20260101 would run on the model's host",
  ],
  ['servers of others', { mcp_servers: [{ url: 'https://evil.example' }] }, '"mcp_servers" is not allowed'],
  ['a container', { container: 'c1' }, '"container" is not allowed'],
  [
    'an image by address',
    { messages: [message([{ type: 'image', source: { type: 'url', url: 'https://evil.example/?secret' } }])] },
    'a source by address is not allowed',
  ],
  [
    'a document by file, deep down',
    {
      messages: [
        message([{ type: 'tool_result', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }]),
      ],
    },
    'a source by file is not allowed',
  ],
  [
    'a file of a container',
    { messages: [message([{ type: 'container_upload', file_id: 'f' }])] },
    'a file of a container is not allowed',
  ],
])('refuses: %s', (_name, change, why) => {
  expect(filterRequest(JSON.stringify({ ...base, ...(change as object) }), limits)).toEqual({ refused: why });
});

test('what is no request is refused', () => {
  expect(filterRequest('{', limits)).toEqual({ refused: 'the body is no JSON' });
  expect(filterRequest('[]', limits)).toEqual({ refused: 'the body is no request for messages' });
  const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
  expect(filterRequest(`{"model":"claude-opus-5-5","messages":${deep}}`, limits)).toEqual({
    refused: 'the body is nested too deeply',
  });
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

test('betas that give the host work are left out', () => {
  expect(filterBetas('interleaved-thinking-2025-05-14, mcp-client-2025-04-04,files-api-2025-04-14')).toBe(
    'interleaved-thinking-2025-05-14',
  );
});
