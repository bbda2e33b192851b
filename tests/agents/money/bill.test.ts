import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Asked, Bill } from '../../../src/agents/money/bill.ts';
import { Prices } from '../../../src/agents/money/prices.ts';
import { isUnreached } from '../../../src/agents/provider/unreached.ts';

const model = 'claude-opus-5-5'; // 4 in, 20 out, 5 and 8 written, 0.2 read
const most = 1_000_000;
const usage = { input_tokens: 100, output_tokens: 1, cache_creation_input_tokens: 1000, cache_read_input_tokens: 2000 };
const prompt = 400 + 5000 + 400;
const start = (more: object = {}, named: string = model): object => ({
  type: 'message_start',
  message: { model: named, usage: { ...usage, inference_geo: 'global', ...more } },
});
const end = (more: object = {}): object => ({ type: 'message_delta', usage: { output_tokens: 500, ...more } });

/** Micro-dollars for certain, and possibly more. */
function bill(events: readonly object[], asked: Partial<Asked> = {}): readonly [number | null, number] {
  const it = new Bill(new Prices(), { model, maxTokens: 1000, ttl: '5m', searches: false, most, ...asked });
  for (const event of events) it.hear(event);
  const { costMicroUsd, possibleMicroUsd } = it.took();
  return [costMicroUsd, possibleMicroUsd];
}

describe('the bill of a call is what its answer tells', () => {
  test.each<[string, readonly object[], readonly [number | null, number], Partial<Asked>?]>([
    ['nothing yet: all that was reserved may be spent', [], [0, most]],
    ['nothing, at no known price', [], [null, 0], { most: null, model: 'in-house' }],
    ['its beginning: the prompt is known, and output may follow', [start()], [prompt + 20, 999 * 20]],
    ['its end', [start(), end()], [prompt + 500 * 20, 0]],
    ['all at once', [{ type: 'message', model, usage: { ...usage, output_tokens: 500 } }], [prompt + 10_000, 0]],
    ['a region', [start({ inference_geo: 'us' }), end()], [Math.ceil((prompt + 10_000) * 1.1), 0]],
    ['no region at its beginning: it may be the dearest', [start({ inference_geo: null })], [prompt + 20, 22_561]],
    [
      'a region that nobody knows',
      [start({ inference_geo: 'moon' }), end()],
      [prompt + 10_000, most - prompt - 10_000],
    ],
    ['fast mode', [start({ speed: 'fast' }), end()], [2 * (prompt + 10_000), 0]],
    ['another speed', [start({ speed: 'warp' }), end()], [prompt + 10_000, most - prompt - 10_000]],
    ['another tier', [start({ service_tier: 'flex' }), end()], [prompt + 10_000, most - prompt - 10_000]],
    ['a dearer model', [start({}, 'claude-fable-5-1'), end()], [1000 + 12_500 + 500 + 25_000, 0]],
    ['a model that nobody knows', [start({}, 'other'), end()], [prompt + 10_000, most - prompt - 10_000]],
    [
      'what is kept for an hour, as it says',
      [start({ cache_creation: { ephemeral_1h_input_tokens: 400 } }), end()],
      [prompt + 10_000 + 400 * 3, 0],
    ],
    ['what is kept for an hour, as was asked', [start(), end()], [prompt + 10_000 + 1000 * 3, 0], { ttl: '1h' }],
    [
      'a summary that the provider made beside it',
      [start(), end({ iterations: [{ type: 'compaction', input_tokens: 1000, output_tokens: 100 }] })],
      [prompt + 10_000 + 4000 + 2000, 0],
    ],
    [
      'an advisor of another model beside it',
      [start(), end({ iterations: [{ type: 'advisor_message', model: 'claude-fable-5-1', output_tokens: 100 }] })],
      [prompt + 10_000 + 5000, 0],
    ],
    [
      'turns of which only the last one stands above',
      [start(), end({ iterations: [0, 1].map(() => ({ type: 'message', output_tokens: 10_000 })) })],
      [400_000, 0],
    ],
    ['searches', [start(), end({ server_tool_use: { web_search_requests: 2 } })], [prompt + 10_000 + 20_000, 0]],
    ['its beginning, when it may search', [start()], [prompt + 20, most - prompt - 20], { searches: true }],
    ['less than nothing', [start(), end({ output_tokens: -500_000 })], [prompt + 20, most - prompt - 20]],
    ['a number in words', [{ type: 'message', model, usage: { input_tokens: '5' } }], [0, most]],
  ])('%s', (_name, events, expected, asked) => {
    expect(bill(events, asked)).toEqual(expected);
  });
});

test('what never reached anybody is told from what may have', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const refused = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error);
  const nowhere = await fetch('http://nowhere.invalid').catch((error: unknown) => error);
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
  const tried = (errors: readonly Error[]): Error => new Error('x', { cause: new AggregateError(errors) });
  const connect = Object.assign(new Error('x'), { syscall: 'connect' });
  const all = [refused, nowhere, tried([connect, connect]), reset, tried([connect, reset]), new Error('silence'), 'x'];
  expect(all.map(isUnreached)).toEqual([true, true, true, false, false, false, false]);
});
