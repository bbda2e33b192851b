import { expect, test } from 'vitest';
import { AnswerReader, BadAnswer } from '../../../src/agents/provider/answer-reader.ts';

const usage = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } };
const start = { type: 'message_start', message: { content: [], usage: { input_tokens: 1 } } };
const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
const stop = { type: 'message_stop' };
const sse = (...events: readonly { readonly type?: unknown }[]): string =>
  events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('');
const stream = sse(start, block, usage, stop);
const message = { type: 'message', content: [{ type: 'text', text: 'ä' }], usage: { output_tokens: 1 } };

/** Whether it was a reply, and the events that were heard, when the answer comes in parts of so many bytes. */
function read(contentType: string, answer: string, size: number): unknown {
  const heard: object[] = [];
  const reader = new AnswerReader(contentType, (event) => heard.push(event));
  const bytes = Buffer.from(answer);
  for (let from = 0; from < bytes.length; from += size) reader.push(bytes.subarray(from, from + size));
  reader.end();
  return [reader.isReply, heard];
}

test.each<[string, string, string, boolean, readonly object[]]>([
  ['a stream', 'text/event-stream', stream, true, [start, usage]],
  ['a stream that calls itself nothing', '', stream, true, [start, usage]],
  ['a stream with other line ends', 'text/event-stream', stream.replaceAll('\n', '\r\n'), true, [start, usage]],
  [
    'events of several lines',
    'text/event-stream',
    `: hi\n\n${stream.replaceAll(/data: (.*)/g, (_, data: string) => JSON.stringify(JSON.parse(data), null, 1).replaceAll(/^/gm, 'data: '))}`,
    true,
    [start, usage],
  ],
  ['what follows of another API', 'text/event-stream', `${stream}data: [DONE]\n\n`, true, [start, usage]],
  [
    'kinds that are not known',
    'text/event-stream',
    sse(
      {
        ...start,
        message: { ...start.message, usage: { input_tokens: null, more: 'x' }, more: 1 },
      } as unknown as typeof start,
      { type: 'ping' },
      { type: 'new_event', usage: null } as { type: string },
      { ...block, content_block: { type: 'new_block' } } as { type: string },
      { type: 'content_block_delta', index: 0, delta: { type: 'new_delta' } } as { type: string },
      { type: 'error' },
    ),
    true,
    [
      { ...start, message: { ...start.message, usage: { input_tokens: null, more: 'x' }, more: 1 } },
      { type: 'new_event', usage: null },
    ],
  ],
  ['a message', 'application/json', JSON.stringify(message), true, [message]],
  ['a count of tokens', 'application/json', '{"input_tokens":3}', true, [{ input_tokens: 3 }]],
  ['an error', 'application/json', '{"type":"error"}', false, [{ type: 'error' }]],
  ['a stream of an error', 'text/event-stream', 'event: error\ndata: {"type":"error"}\n\n', false, []],
  ['a page', 'text/html', '<html>Log in: data: here</html>', false, []],
  ['a login in JSON', 'application/json', '{"type":"login_required"}', false, [{ type: 'login_required' }]],
  ['a stream of something else', 'text/event-stream', 'data: {"type":"heartbeat"}\n\n', false, []],
  ['nothing', '', '', false, []],
])('%s, cut anywhere', (_what, contentType, answer, isReply, heard) => {
  for (const size of [1, 2, 5, 7, 4096]) expect(read(contentType, answer, size)).toEqual([isReply, heard]);
});

test('a line that does not end takes time by its length', () => {
  expect(read('text/event-stream', `data: ${'x'.repeat(32 * 1024 * 1024)}`, 1024)).toEqual([false, []]);
});

const told = (used: unknown): string => sse({ ...start, message: { ...start.message, usage: used } } as typeof start);
const during = (...events: readonly object[]): string => sse(start, ...(events as { type: string }[]));

test.each<[string, string, string, string]>([
  ['null for what was used', 'text/event-stream', told(null), '"message.usage" of its message_start'],
  ['nothing for it', 'text/event-stream', told(undefined), '"message.usage" of its message_start'],
  ['less than nothing', 'text/event-stream', told({ input_tokens: -5 }), '"message.usage.input_tokens" of its'],
  ['a number in words', 'text/event-stream', told({ output_tokens: '5' }), '"message.usage.output_tokens" of its'],
  ['parts of tokens', 'text/event-stream', told({ input_tokens: 0.5 }), '"message.usage.input_tokens" of its'],
  [
    'tokens beyond all bounds',
    'text/event-stream',
    told({ input_tokens: 1e300 }),
    '"message.usage.input_tokens" of its',
  ],
  ['an end that says nothing', 'text/event-stream', during({ ...usage, usage: null }), '"usage" of its message_delta'],
  ['an end without why', 'text/event-stream', during({ ...usage, delta: null }), '"delta" of its message_delta'],
  [
    'a message of something else',
    'text/event-stream',
    sse({ ...start, message: { content: [null], usage: {} } } as unknown as typeof start),
    '"message.content.0" of its message_start',
  ],
  ['a block that is none', 'text/event-stream', during({ ...block, content_block: null }), '"content_block" of its'],
  [
    'a call of no tool',
    'text/event-stream',
    during({ ...block, content_block: { type: 'tool_use', id: 7, name: 'bash' } }),
    '"content_block.type" of its',
  ],
  ['a block without a place', 'text/event-stream', during({ ...block, index: -1 }), '"index" of its'],
  [
    'text that is none',
    'text/event-stream',
    during(block, { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: {} } }),
    '"delta.type" of its content_block_delta',
  ],
  ['half an event', 'text/event-stream', 'event: message_start\ndata: {"type":"message_st\n\n', 'an event is not JSON'],
  [
    'lines that end in another way',
    'text/event-stream',
    `${stream.replaceAll('\n', '\r')}\n\n`,
    'its lines end with carriage returns',
  ],
  ['no end of its message', 'text/event-stream', during(block), 'it ended within a message'],
  ['half of its last event', 'text/event-stream', stream.trimEnd(), 'it ended within a message'],
  [
    'a message without what was used',
    'application/json',
    JSON.stringify({ ...message, usage: null }),
    '"usage" of its message',
  ],
])('an answer with %s is bad, cut anywhere', (_what, contentType, answer, why) => {
  for (const size of [1, 7, 4096]) {
    expect(() => read(contentType, answer, size)).toThrow(BadAnswer);
    expect(() => read(contentType, answer, size)).toThrow(why);
  }
});

test.each(['text/event-stream', 'application/json'])('no answer is longer than 64 MB: %s', (contentType) => {
  const reader = new AnswerReader(contentType, () => {});
  const part = Buffer.alloc(1024 * 1024, 'x');
  for (let size = 0; size < 64; size++) reader.push(part);
  expect(() => reader.push(part)).toThrow('more than 64 MB, longer than any answer');
});
