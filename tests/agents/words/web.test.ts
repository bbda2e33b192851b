import { describe, expect, test } from 'vitest';
import { addressesIn, defang, unseenIn, webEvents, webTools } from '../../../src/agents/words/web.ts';
import { toolNames } from '../../../src/model/agent.ts';
import { found, searched } from '../../support/model-server.ts';

describe('the web', () => {
  test('is offered to whose role may see it, where the provider searches; addresses in files are not fetched', () => {
    const offered = webTools({ tools: toolNames }, true);
    expect(offered).toEqual([
      {
        type: 'web_fetch_20250910',
        name: 'web_fetch',
        max_uses: 2,
        max_content_tokens: 20_000,
        url_sources: {
          client_tool_results: { type: 'none' },
          server_tool_results: { type: 'all' },
          user_input: { type: 'all' },
        },
      },
      { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
    ]);
    expect([webTools({ tools: toolNames }, false), webTools({ tools: ['read'] }, true)]).toEqual([[], []]);
    expect(webTools({ tools: null }, true)).toEqual([]);
  });

  test('what was asked of it and what it showed is told', () => {
    const fetched = [
      { type: 'server_tool_use', id: 'f', name: 'web_fetch', input: { url: 'https://found.example/b' } },
      {
        type: 'web_fetch_tool_result',
        tool_use_id: 'f',
        content: { type: 'web_fetch_result', url: 'https://found.example/b', content: { title: null } },
      },
      { type: 'server_tool_use', id: 'g', name: 'web_search', input: { query: 'more' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'g',
        content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
      },
    ];
    expect(webEvents([{ type: 'text' }, ...searched('how'), ...fetched])).toEqual([
      { type: 'tool', name: 'web_search', summary: 'how', isError: false },
      { type: 'source', ...found },
      { type: 'tool', name: 'web_fetch', summary: 'https://found.example/b', isError: false },
      { type: 'source', url: 'https://found.example/b', title: '' },
      { type: 'tool', name: 'web_search', summary: 'more', isError: true },
    ]);
  });
});

test.each([
  ['See https://a.example/x.', ['https://a.example/x']],
  [
    '(https://a.example/x), [b](https://b.example/y_(z)) and `https://c.example`',
    ['https://a.example/x', 'https://b.example/y_(z)', 'https://c.example'],
  ],
  ['<https://a.example/?q=1&r=2>; https://a.example/?q=1&r=2', ['https://a.example/?q=1&r=2']],
  ['**https://a.example/x**', ['https://a.example/x']],
  ['no address: example.org, file:///etc', []],
])('addresses are found in prose: %s', (text, addresses) => {
  expect(addressesIn(text)).toEqual(addresses);
});

test('an address is seen whatever its fragment, its last slash, or how safely it was called', () => {
  const seen = ['https://a.example/x/', 'http://b.example/y#z'];
  expect(unseenIn('https://a.example/x#part, https://b.example/y and https://a.example/z', seen)).toEqual([
    'https://a.example/z',
  ]);
});

test('what has another shape than a provider gives it tells nothing', () => {
  const odd = [null, 5, { type: 'server_tool_use' }, { type: 'web_fetch_tool_result', tool_use_id: 'f' }];
  const wrong = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ url: 5, title: 'A page' }] };
  expect(webEvents([...odd, wrong])).toEqual([]);
});

test('what nobody is to fetch is no address any more; what may be stays one, whatever its fragment', () => {
  const text = 'HTTP://a.example/x?secret and (https://b.example/y#part), https://b.example/yes';
  expect(defang(text, ['https://b.example/y'])).toBe(
    'hxxp://a.example/x?secret and (https://b.example/y#part), hxxps://b.example/yes',
  );
});
