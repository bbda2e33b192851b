import { expect, test } from 'vitest';
import { Prices } from '../../../src/agents/money/prices.ts';
import { costOfAgents, describeCost, expectedCost } from '../../../src/engine/crew/agent-cost.ts';
import { Casting } from '../../../src/engine/crew/casting.ts';
import { configSchema } from '../../../src/model/config.ts';

const command = { type: 'command', command: 'true' } as const;
const agents = {
  said: { ...command, costUsd: 2 },
  nothing: { ...command, costUsd: 0 },
  unsaid: command,
  subscribed: { ...command, subscription: true, costUsd: 2 },
  proxied: { ...command, api: { models: ['claude-opus-5-5'] } },
  odd: { ...command, api: { models: ['in-house'] } },
  codex: { type: 'acp', preset: 'codex' },
  recorded: { type: 'replay', recordings: 'r' },
  token: { type: 'claude', login: 'subscription' },
  strange: { type: 'anthropic', model: 'in-house' },
} as const;

/** What a configuration says of an agent's cost, and of a unit of it when earlier ones took a dollar. */
function costs(name: string, more: object = {}): unknown[] {
  const config = configSchema.parse({ agents, review: 'off', ...more });
  const casting = new Casting(config, name);
  const prices = new Prices(config.prices);
  const kind = costOfAgents(casting, prices, []);
  return [kind, expectedCost(casting, prices, [], 1_000_000).kind, describeCost(kind, null)];
}

test.each([
  ['said', 'priced', 'costs money'],
  ['nothing', 'free', 'costs nothing'],
  ['unsaid', 'unknown', 'cost unknown'],
  ['subscribed', 'covered', 'covered by a subscription'],
  ['proxied', 'priced', 'costs money'],
  ['odd', 'unknown', 'cost unknown'],
  ['codex', 'unknown', 'cost unknown'],
  ['recorded', 'free', 'costs nothing'],
  ['token', 'covered', 'covered by a subscription'],
  ['strange', 'unknown', 'cost unknown'],
  ['anthropic', 'priced', 'costs money'],
  ['claude', 'priced', 'costs money'],
])('what an agent costs: %s is %s', (name, kind, words) => {
  expect(costs(name)).toEqual([kind, kind, words]);
});

test('who plays a role beside it counts, and nobody guesses where a price is not known', () => {
  const reviewer = (agent: string): object => ({ roles: { reviewer: { agent } } });
  expect([costs('nothing', reviewer('said')), costs('said', reviewer('unsaid'))].map(([kind]) => kind)).toEqual([
    'priced',
    'unknown',
  ]);
  const prices = { 'in-house': { input: 1, output: 1, cacheWrite5m: 1, cacheWrite1h: 1, cacheRead: 1 } };
  expect(costs('strange', { prices })[0]).toBe('priced');
  const casting = new Casting(configSchema.parse({ agents }), 'unsaid');
  expect(expectedCost(casting, new Prices(), [], 1_000_000)).toEqual({ kind: 'unknown', microUsd: null });
});
