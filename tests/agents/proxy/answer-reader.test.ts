import { expect, test } from 'vitest';
import { AnswerReader } from '../../../src/agents/proxy/answer-reader.ts';

const usage = { type: 'message_delta', usage: { output_tokens: 7 } };
const stream = `event: message_start\ndata: {"type":"message_start"}\n\nevent: message_delta\ndata: ${JSON.stringify(usage)}\n\n`;
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
  ['a stream', 'text/event-stream', stream, true, [usage]],
  ['a stream that calls itself nothing', '', stream, true, [usage]],
  ['a stream without its last line end', 'text/event-stream', stream.trimEnd(), true, []],
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
