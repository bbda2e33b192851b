import type Anthropic from '@anthropic-ai/sdk';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askModel } from '../../../src/agents/voices/ask-model.ts';
import { factsFrom, factsOf, nearestEffort } from '../../../src/agents/money/models.ts';
import { InputError } from '../../../src/model/diagnostic.ts';

const yes = { supported: true };
const no = { supported: false };

/** What the Models API says of a model with some efforts and without adaptive thinking. */
function info(more: Partial<Anthropic.ModelInfo> = {}): Anthropic.ModelInfo {
  const capabilities = {
    effort: { supported: true, low: yes, medium: yes, high: yes, xhigh: null, max: no },
    thinking: { supported: true, types: { adaptive: no, between_tools: no, disabled: yes, enabled: yes } },
  } as unknown as Anthropic.ModelCapabilities;
  return {
    id: 'claude-opus-5-5',
    type: 'model',
    display_name: 'Opus',
    created_at: '2026-01-01T00:00:00Z',
    deprecated_at: null,
    retires_at: null,
    lifecycle: 'active',
    line: 'opus',
    max_input_tokens: 500_000,
    max_tokens: 16_000,
    capabilities,
    ...more,
  };
}

/** Answers every request with this. */
async function provider(status: number, body: object): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = async (status: number, body: object): ReturnType<typeof askModel> =>
  askModel('a', 'claude-opus-5-5', { apiKey: 'sk-dummy', baseUrl: await provider(status, body) });
const error = (type: string): object => ({ type: 'error', error: { type, message: 'No' } });

describe('what a model can do', () => {
  test('is what the provider says', async () => {
    expect(await ask(200, info())).toEqual({
      contextWindow: 500_000,
      maxOutputTokens: 16_000,
      efforts: ['low', 'medium', 'high'],
      isAdaptive: false,
      canSearch: false,
      isStrict: false,
      hearsSystem: false,
    });
  });

  test('is what is published where it says nothing, or cannot be asked', async () => {
    const silent = info({ capabilities: null, max_input_tokens: null, max_tokens: null });
    const table = factsOf('claude-opus-5-5');
    expect(table).toEqual({
      contextWindow: 1_000_000,
      maxOutputTokens: 128_000,
      efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
      isAdaptive: true,
      canSearch: true,
      isStrict: true,
      hearsSystem: true,
    });
    // Elsewhere than at its provider's a model may be served without what the provider does for it.
    const elsewhere = { ...table, canSearch: false, isStrict: false, hearsSystem: false };
    expect([factsFrom('claude-opus-5-5', silent), await ask(200, silent), await ask(500, error('api_error'))]).toEqual([
      table,
      elsewhere,
      elsewhere,
    ]);
    expect(factsOf('claude-opus-5-5', 'https://api.anthropic.com/')).toEqual(table);
    expect(await askModel('a', 'claude-opus-5-5', { apiKey: 'sk-dummy', baseUrl: 'http://127.0.0.1:9' })).toEqual(
      elsewhere,
    );
  });

  test.each([
    [
      'a model that is not known',
      404,
      error('not_found_error'),
      'the provider does not know the model "claude-opus-5-5" of agent "a"',
    ],
    ['a key that is not taken', 401, error('authentication_error'), 'the provider refused the key of agent "a" (401)'],
    ['a retired model', 200, info({ lifecycle: 'retired' }), 'the model "claude-opus-5-5" of agent "a" is retired'],
  ])('%s is told before anything starts', async (_name, status, body, message) => {
    const told = await ask(status, body).catch((cause: unknown) => cause);
    expect(told).toBeInstanceOf(InputError);
    expect((told as InputError).diagnostics[0]?.message).toBe(message);
  });
});

test.each([
  ['claude-opus-5-5', 'max', 'max'],
  ['claude-haiku-4-5', 'high', null],
] as const)('%s is asked for effort %s: %s', (model, asked, effort) => {
  expect(nearestEffort(factsOf(model), asked)).toBe(effort);
});

test('an effort that a model does not know becomes the nearest below it, else its least', () => {
  const facts = { ...factsOf('claude-opus-5-5'), efforts: ['medium', 'high'] } as const;
  expect((['max', 'high', 'medium', 'low'] as const).map((asked) => nearestEffort(facts, asked))).toEqual([
    'high',
    'high',
    'medium',
    'medium',
  ]);
});
