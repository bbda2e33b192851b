import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { Limiter } from '../../src/agents/limiter.ts';
import { type ModelProxy, openModelProxy } from '../../src/agents/model-proxy.ts';
import { Prices } from '../../src/agents/prices.ts';
import { systemClock } from '../../src/util/clock.ts';
import { type Answer, fails, found, modelServer, reply, searched } from '../support/model-server.ts';
import { freeBudget } from '../support/order.ts';

async function open(answers: readonly Answer[], web = false): Promise<{ proxy: ModelProxy; sources: unknown[] }> {
  const server = await modelServer(answers);
  const sources: unknown[] = [];
  const limiter = new Limiter(systemClock);
  const proxy = await openModelProxy({
    upstream: server.url,
    credential: { kind: 'key', secret: 'sk-dummy' },
    isSubscription: false,
    models: ['claude-opus-5-5'],
    maxTokens: 1000,
    budget: freeBudget,
    prices: new Prices(),
    limiterOf: () => limiter,
    idleMs: 10_000,
    web,
    allowed: { fields: [], betas: [] },
    onSource: (source) => sources.push(source),
    listen: 'port',
  });
  onTestFinished(() => proxy.close());
  return { proxy, sources };
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
