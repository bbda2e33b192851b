import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { Limiter } from '../../../src/agents/provider/limiter.ts';
import { type ModelProxy, openModelProxy } from '../../../src/agents/proxy/model-proxy.ts';
import { Pool } from '../../../src/agents/provider/pool.ts';
import { Prices } from '../../../src/agents/money/prices.ts';
import { systemClock } from '../../../src/util/time/clock.ts';
import {
  type Answer,
  cutStream,
  errorAtOnce,
  fails,
  found,
  loginPage,
  modelServer,
  reply,
  searched,
  sends,
} from '../../support/model-server.ts';
import { freeBudget } from '../../support/order.ts';
import { inputError } from '../../../src/model/diagnostic.ts';
import type { Budget } from '../../../src/model/agent.ts';
import { connect } from 'node:net';

async function open(
  answers: readonly Answer[],
  web = false,
  budget = freeBudget,
  limiter = new Limiter(systemClock),
  idleMs = 10_000,
): Promise<{ proxy: ModelProxy; sources: unknown[]; held: number[] }> {
  const server = await modelServer(answers);
  const sources: unknown[] = [];
  const held: number[] = [];
  const proxy = await openModelProxy({
    upstream: server.url,
    credential: { kind: 'key', secret: 'sk-dummy', variable: 'A_KEY' },
    isSubscription: false,
    models: ['claude-opus-5-5'],
    maxTokens: 1000,
    budget,
    prices: new Prices(),
    limiterOf: () => limiter,
    idleMs,
    web,
    allowed: { fields: [], betas: [] },
    onSource: (source) => sources.push(source),
    onHeld: (ms) => held.push(ms),
    listen: 'port',
  });
  onTestFinished(() => proxy.close().catch(() => {}));
  return { proxy, sources, held };
}

async function ask(proxy: ModelProxy, more: object = {}): Promise<number> {
  const body = { model: 'claude-opus-5-5', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'x' }] };
  const answer = await fetch(`${proxy.at}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': proxy.key, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, ...more }),
  });
  await answer.text();
  return answer.status;
}

const well = reply([{ type: 'text', text: 'Well.' }]);

test('how long calls wait until their provider accepts them again is told once, and only while none is answered', async () => {
  let [now, sleeping] = [0, 0];
  let awake = Promise.withResolvers<void>();
  const sleep = async (): Promise<void> => {
    sleeping++;
    await awake.promise;
  };
  const limiter = new Limiter({ now: () => now, sleep });
  const answered: ServerResponse[] = [];
  const answers = [well, well, (response: ServerResponse) => void answered.push(response), well];
  const { proxy, held } = await open(answers, false, freeBudget, limiter);
  /** Makes calls wait, all at the same time. */
  const paused = async (calls: number): Promise<number[]> => {
    limiter.pause(now + 1000, 'wait');
    const asked = Array.from({ length: calls }, () => ask(proxy));
    const before = sleeping;
    await expect.poll(() => sleeping - before).toBe(calls);
    now += 1000;
    awake.resolve();
    awake = Promise.withResolvers();
    return Promise.all(asked);
  };
  expect([await paused(2), held.length]).toEqual([[200, 200], 1]);
  const beside = ask(proxy);
  await expect.poll(() => answered.length).toBe(1);
  expect(held.length).toBe(2); // it did not have to wait
  expect([await paused(1), held.length]).toEqual([[200], 2]);
  answered[0]?.destroy();
  await beside.catch(() => undefined);
});

test('a refusal stands until a later call is answered; one that was under way beside it says nothing', async () => {
  const held: ServerResponse[] = [];
  const { proxy } = await open([(response) => void held.push(response), fails(529, 'overloaded_error', 'Busy'), well]);
  const beside = ask(proxy);
  await expect.poll(() => held.length).toBe(1);
  expect([await ask(proxy), proxy.trouble?.why]).toEqual([529, 'the provider is overloaded (529)']);
  for (const response of held) well(response);
  expect([await beside, proxy.trouble?.why]).toEqual([200, 'the provider is overloaded (529)']);
  expect([await ask(proxy), proxy.trouble]).toEqual([200, null]);
});

test('a search of the provider passes for who may see the web, is paid for, and what it brought is told', async () => {
  const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }];
  const answer = reply([...searched('how'), { type: 'text', text: 'So.' }]);
  const { proxy, sources } = await open([answer], true);
  expect([await ask(proxy, { tools }), sources]).toEqual([200, [{ type: 'source', ...found }]]);
  const { costMicroUsd } = proxy.usage();
  expect(costMicroUsd).toBe(100 * 4 + 10 * 20 + 1000 * 5 + 2000 * 0.2 + 10_000);
  const other = await open([answer]);
  expect([await ask(other.proxy, { tools }), [...other.proxy.refused]]).toEqual([
    403,
    ["the tool web_search_20250305 would run on the model's host"],
  ]);
});

test.each<[string, Partial<Budget>, string]>([
  [
    'a disk that takes nothing, before a call',
    {
      reserve: () => {
        throw inputError('database-unusable', 'the queue file cannot be used');
      },
    },
    'the queue file cannot be used',
  ],
  [
    'a disk that takes nothing, while an answer comes',
    {
      reserve: () => ({
        settle: () => {
          throw Object.assign(new Error('EIO: write'), { code: 'EIO' });
        },
      }),
    },
    'EIO: write',
  ],
  [
    'a bug of ours',
    {
      reserve: () => {
        throw new TypeError('x is not a function');
      },
    },
    'x is not a function',
  ],
])('%s is no word of the provider: it ends the order', async (_name, budget, said) => {
  const { proxy } = await open([well], false, { ...freeBudget, ...budget });
  await ask(proxy).catch(() => null); // cut off, or refused
  await expect(proxy.close()).rejects.toThrow(said);
});

/** Sends raw words to the proxy, and hangs up once it was answered, or at once. */
async function say(proxy: ModelProxy, words: string, isHangingUp: boolean): Promise<string> {
  const socket = connect(Number(new URL(proxy.at).port), '127.0.0.1');
  socket.setTimeout(10_000, () => socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    socket.end();
  });
  await new Promise<void>((resolve) => socket.write(Buffer.from(words, 'latin1'), () => resolve()));
  if (isHangingUp) socket.destroy();
  await new Promise((resolve) => socket.once('close', resolve).on('error', resolve));
  return Buffer.concat(chunks).toString('latin1').split('\r\n')[0] ?? '';
}

test.each<[string, (key: string) => string, boolean, string]>([
  ['half a body', (key) => request(key, 'content-length: 100') + '{"a"', true, ''],
  ['a body that is no JSON', (key) => request(key, 'content-length: 2') + '{{', false, 'HTTP/1.1 403 Forbidden'],
  ['no key', () => request('', 'content-length: 2') + '{}', false, 'HTTP/1.1 401 Unauthorized'],
  ['another protocol', (key) => request(key, 'connection: upgrade', 'upgrade: x'), false, 'HTTP/1.1 403 Forbidden'],
  ['a tunnel', () => 'CONNECT a.org:443 HTTP/1.1\r\nhost: x\r\n\r\n', false, ''],
  ['nothing of HTTP', () => 'hello\r\n\r\n', false, 'HTTP/1.1 400 Bad Request'],
])('a program that sends %s breaks nothing: the next call is answered', async (_name, words, isHangingUp, said) => {
  const { proxy } = await open([well]);
  expect([await say(proxy, words(proxy.key), isHangingUp), await ask(proxy)]).toEqual([said, 200]);
  await proxy.close(); // throws nothing
});

function request(key: string, ...headers: string[]): string {
  return ['POST /v1/messages HTTP/1.1', 'host: x', `x-api-key: ${key}`, ...headers, '', ''].join('\r\n');
}

test.each<[string, string]>([
  ['tokens beyond all bounds', '{"usage":{"input_tokens":9007199254740991,"output_tokens":9007199254740991}}'],
  ['tokens that are none', '{"usage":{"input_tokens":-5,"output_tokens":"many"}}'],
  ['a usage that is none', '{"usage":7,"message":"x","content_block":[[]],"content":{"type":1}}'],
  ['a status that is none', 'HTTP/1.1 099 X'],
])('a provider that tells %s breaks nothing', async (_name, told) => {
  const { proxy } = await open([
    (response) => {
      if (told.startsWith('HTTP')) return void response.socket?.end(`${told}\r\ncontent-length: 0\r\n\r\n`);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`event: message_start\ndata: ${told}\n\n`);
    },
    well,
  ]);
  expect([(await ask(proxy)) < 600, await ask(proxy)]).toEqual([true, 200]);
  await proxy.close(); // throws nothing
});

test('an answer that is longer than any of a model ends its connection, and nothing else', async () => {
  const endless: Answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const part = Buffer.alloc(1024 * 1024, 'x');
    const more = (): void => void (response.destroyed || response.write(part, more));
    more();
  };
  const { proxy } = await open(
    [endless, well],
    false,
    freeBudget,
    new Limiter(systemClock, new Pool('x', systemClock)),
  );
  expect([await ask(proxy), proxy.trouble?.why]).toEqual([
    502,
    expect.stringMatching(/^http:\S+ gave no valid answer \(more than 64 MB, longer than any answer\)$/),
  ]);
  expect([await ask(proxy), proxy.refusal, proxy.trouble]).toEqual([200, null, null]);
});

test.each<[string, Answer, number, string | null]>([
  ['a login page', sends(200, 'text/html', loginPage), 403, '200: <!doctype html> <title>Sign in</title>'],
  ['JSON of another kind', sends(200, 'application/json', '{"status":"ok"}'), 403, '200: {"status":"ok"}'],
  ['a login in JSON', sends(200, 'application/json', '{"type":"login"}'), 403, '200: {"type":"login"}'],
  ['nothing', sends(204, 'text/plain', ''), 403, '204'],
  ['another address', sends(302, 'text/html', 'Found'), 403, '302: Found'],
  ['an error within a stream', errorAtOnce('no_error'), 403, '200 no_error: no'],
  ['a bad request', fails(400, 'invalid_request_error', 'no'), 400, '400 invalid_request_error: no'],
  ['a page that refuses', sends(400, 'text/html', loginPage), 400, '400: <!doctype html> <title>Sign in</title>'],
  ['too long a prompt', fails(400, 'invalid_request_error', 'prompt is too long'), 400, null],
  ['a gateway without a provider', sends(502, 'text/html', loginPage), 502, null],
  ['an overload within a stream', errorAtOnce('overloaded_error'), 502, null],
  ['a stream that is not called one', sends(200, 'text/plain', 'data: {"type":"ping"}\n\n'), 200, null],
  ['a reply', well, 200, null],
])('a provider whose first answer is %s', async (_name, first, status, said) => {
  const limiter = new Limiter(systemClock, new Pool('x', systemClock));
  const { proxy } = await open([first, well, first], false, freeBudget, limiter);
  const refused =
    said === null ? undefined : (expect.stringContaining(`with a reply of "claude-opus-5-5" (${said})`) as unknown);
  expect([await ask(proxy), proxy.refusal?.detail]).toEqual([status, refused]);
  // Once a model has replied, the same says nothing about the others.
  expect([await ask(proxy), proxy.refusal]).toEqual([200, null]);
  await ask(proxy);
  expect(proxy.refusal).toBe(null);
});

const headersOnly: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
const noUsage = sends(
  200,
  'text/event-stream',
  'data: {"type":"message_start","message":{"content":[],"usage":null}}\n\n',
);

test.each<[string, Answer, string]>([
  ['headers, and then nothing', headersOnly, 'no data for 0.3 s'],
  ['nothing at all', () => {}, 'no data for 0.3 s'],
  ['null for what was used', noUsage, '"message.usage" of its message_start does not match the API'],
  ['half an answer', (it) => void it.writeHead(200).end('data: {\n\n'), 'an event is not JSON'],
])(
  '%s is a bad answer of the host; where no call was answered otherwise, nobody asks again',
  async (_name, bad, said) => {
    const once = await open([bad, well], false, freeBudget, new Limiter(systemClock), 300);
    expect([await ask(once.proxy), once.proxy.trouble?.why]).toEqual([
      502,
      expect.stringMatching(/^http:\S+ gave no valid answer \(.+\)$/),
    ]);
    expect(once.proxy.trouble?.why).toContain(`(${said})`);
    expect([await ask(once.proxy), once.proxy.trouble, once.proxy.refusal]).toEqual([200, null, null]);
    const limiter = new Limiter(systemClock, new Pool('x', systemClock));
    const never = await open([bad, bad, bad, well], false, freeBudget, limiter, 300);
    const statuses = [];
    for (let times = 0; times < 4; times++) statuses.push(await ask(never.proxy));
    expect([statuses, never.proxy.refusal?.detail]).toEqual([
      [502, 502, 502, 403],
      expect.stringContaining(`has answered no call of this run with a reply of "claude-opus-5-5" (${said})`),
    ]);
  },
);

test('an answer that ends before its message does breaks off for who asked, and is told with its host', async () => {
  const { proxy } = await open([cutStream, well]);
  await expect(ask(proxy)).rejects.toThrow();
  expect(proxy.trouble?.why).toMatch(/^http:\S+ gave no valid answer \(it ended within a message\)$/);
  expect([await ask(proxy), proxy.trouble]).toEqual([200, null]);
});

test('what is held by calls that had no answer is no budget that is spent', async () => {
  const held: number[] = [];
  const budget: Budget = {
    isCapped: true,
    reserve: () =>
      held.length === 0 ? { settle: () => void held.push(1) } : { refused: 'run' as const, leftMicroUsd: 0 },
    isRunningOut: () => false,
  };
  const limiter = new Limiter(systemClock, new Pool('x', systemClock));
  const counting = sends(200, 'application/json', '{"input_tokens":3000}');
  const { proxy } = await open([headersOnly, counting], false, budget, limiter, 300);
  expect([await ask(proxy), await ask(proxy), proxy.spent()]).toEqual([502, 403, null]);
  expect(proxy.refusal?.detail).toContain('(no data for 0.3 s)');
});
