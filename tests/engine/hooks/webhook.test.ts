import { expect, test } from 'vitest';
import { type Address, addressOf, deliver, nameOf } from '../../../src/engine/hooks/webhook.ts';
import type { WebhookFormat } from '../../../src/model/hooks.ts';
import { messageService, type Reaction } from '../../support/message-service.ts';

/** A clock that passes only while somebody sleeps. */
function clockOf(signal?: AbortController): {
  readonly slept: number[];
  now(): number;
  sleep(ms: number): Promise<void>;
} {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.UTC(2026, 10, 28) + slept.reduce((sum, ms) => sum + ms, 0),
    sleep: async (ms) => {
      slept.push(ms);
      signal?.abort();
      if (signal?.signal.aborted === true) throw signal.signal.reason;
    },
  };
}

const sent = async (reactions: readonly Reaction[], totalMs = 60_000, stop?: AbortController) => {
  const { url, got } = await messageService(...reactions);
  const clock = clockOf(stop);
  const to = addressOf('$W', 'json', { W: `${url}/secret` }) as Address;
  const { signal } = stop ?? new AbortController();
  const why = await deliver(to, '{}', { clock, signal, endsAt: clock.now() + totalMs });
  return { why, sends: got.length, slept: clock.slept };
};

const later = new Date(Date.UTC(2026, 10, 28, 0, 0, 20)).toUTCString();

test.each<[name: string, reactions: readonly Reaction[], why: string | null, sends: number, slept: readonly number[]]>([
  ['taken at once', [204], null, 1, []],
  ['a fault of the server', [500, 200], null, 2, [1000]],
  ['several faults', [502, 503, 504], null, 4, [1000, 2000, 4000]],
  ['faults without an end', [500, 500, 500, 500, 200], 'it answered 500 (4 times)', 4, [1000, 2000, 4000]],
  ['a line that is cut', ['cut', 200], null, 2, [1000]],
  ['too many requests', [[429, { 'retry-after': '7' }]], null, 2, [7000]],
  ['a pause with a fraction', [[429, { 'retry-after': '2.5' }]], null, 2, [2500]],
  ['a pause until a date', [[503, { 'retry-after': later }]], null, 2, [20_000]],
  ['a pause that is no time', [[429, { 'retry-after': 'soon' }]], null, 2, [1000]],
  ['a pause in the past', [[429, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }]], null, 2, [1000]],
  [
    'a pause that is too long',
    [[429, { 'retry-after': '3600' }]],
    'it answered 429, and asks to wait for 3600 s',
    1,
    [],
  ],
  ['a time-out of the server', [408, 200], null, 2, [1000]],
  ['a wrong request', [400], 'it answered 400', 1, []],
  ['an address that is gone', [404], 'it answered 404', 1, []],
  ['a message that is too long', [413], 'it answered 413', 1, []],
  ['another place, which is not followed', [[302, { location: '/other' }]], 'it answered 302', 1, []],
])('%s', async (_, reactions, why, sends, slept) => {
  expect(await sent(reactions)).toEqual({ why, sends, slept });
});

test('the time in all is limited, and a run that ends at once waits no longer', async () => {
  expect(await sent([500, 500], 2500)).toEqual({ why: 'it answered 500 (2 times)', sends: 2, slept: [1000] });
  const stop = new AbortController();
  expect(await sent([500, 200], 60_000, stop)).toEqual({ why: 'it answered 500', sends: 1, slept: [1000] });
});

test('nobody listens', async () => {
  const { url } = await messageService();
  const clock = clockOf();
  const to = { url: url.replace(/:\d+$/, ':1/secret'), headers: {}, topic: '' };
  const why = await deliver(to, '{}', { clock, signal: new AbortController().signal, endsAt: clock.now() + 60_000 });
  expect(why).toMatch(/^it cannot be reached( \(\w+\))? \(4 times\)$/);
  expect(why).not.toContain('secret');
});

test.each<[address: string, format: WebhookFormat, value: string | undefined, expected: object | string]>([
  ['$W', 'slack', ' https://hooks.slack.com/services/a ', { url: 'https://hooks.slack.com/services/a', topic: '' }],
  ['${W}', 'json', 'http://127.0.0.1:1/x?y=z#w', { url: 'http://127.0.0.1:1/x?y=z', topic: '' }],
  ['https://ci.example.org/x', 'json', undefined, { url: 'https://ci.example.org/x', topic: '' }],
  ['$W', 'ntfy', 'https://ntfy.sh/my-topic', { url: 'https://ntfy.sh/', topic: 'my-topic' }],
  [
    '$W',
    'ntfy',
    'https://ntfy.example.org/base/my%20topic/',
    { url: 'https://ntfy.example.org/base/', topic: 'my topic' },
  ],
  ['$W', 'ntfy', 'https://ntfy.sh/t?auth=x', { url: 'https://ntfy.sh/?auth=x', topic: 't' }],
  ['$W', 'ntfy', 'https://:tk_1@ntfy.sh/t', { url: 'https://ntfy.sh/', topic: 't', authorization: 'Basic OnRrXzE=' }],
  ['$W', 'json', 'https://a%40b:c@x.example/', { url: 'https://x.example/', authorization: 'Basic YUBiOmM=' }],
  ['$W', 'ntfy', 'https://ntfy.sh/', 'the value of W names no topic'],
  ['$W', 'slack', undefined, 'the environment variable W is not set'],
  ['$W', 'slack', '  ', 'the environment variable W is not set'],
  ['$W', 'slack', 'sk-ant-secret', 'the value of W is no address that begins with https://'],
  ['$W', 'slack', 'file:///etc/passwd', 'the value of W is no address that begins with https://'],
  ['$W', 'slack', 'javascript:secret', 'the value of W is no address that begins with https://'],
])('%s as %s is where its variable says (%s)', (address, format, value, expected) => {
  const to = addressOf(address, format, value === undefined ? {} : { W: value });
  if (typeof to === 'string') expect(to).toBe(expected);
  else {
    const { url, topic, headers } = to;
    expect({ url, topic, authorization: headers['authorization'] }).toEqual({
      topic: '',
      authorization: undefined,
      ...(expected as object),
    });
  }
});

test('a webhook is named without what is secret', () => {
  expect([nameOf('$W'), nameOf('https://ci.example.org/x/y')]).toEqual(['$W', 'ci.example.org']);
});
