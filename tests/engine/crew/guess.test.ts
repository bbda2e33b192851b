import { expect, test } from 'vitest';
import { Prices } from '../../../src/agents/money/prices.ts';
import { Casting } from '../../../src/engine/crew/casting.ts';
import { judgingCost, unitCost } from '../../../src/engine/crew/guess.ts';
import { type Config, configSchema } from '../../../src/model/config.ts';
import { type Criterion, type UnitSpec, unasked } from '../../../src/model/unit.ts';
import { idFromKey } from '../../../src/model/ids.ts';

const prices = new Prices();
const works = (model: string): number => prices.typicalUnit(model) ?? 0;
const reads = (model: string): number => prices.typicalReview(model) ?? 0;
const [opus, sonnet] = ['claude-opus-5-5', 'claude-sonnet-5-5'] as const;
const casting = (config: object = {}): Casting => new Casting(configSchema.parse(config), 'anthropic');
const place = { hash: 'h', position: 0, line: 1, isTicked: null } as const;
const check: Criterion = { text: 'x', kind: 'check', command: 'true', ...place };
const claim: Criterion = { text: 'x', kind: 'claim', command: null, ...place };

function unitOf(more: Partial<UnitSpec>): UnitSpec {
  const texts = { title: 'U', file: 'u.md', line: 1, body: '', contentHash: 'h', criteriaHash: 'h' };
  return { id: idFromKey('u'), key: 'u', kind: 'change', criteria: [check], ...texts, ...unasked, ...more };
}

test.each<[string, Partial<UnitSpec>, Partial<Config>, number]>([
  ['one file: a builder, and who looks for gaming', { touches: ['a.ts'] }, {}, works(opus) + reads(sonnet)],
  ['nobody looks', { touches: ['a.ts'] }, { review: 'off' }, works(opus)],
  ['nobody knows which files: a scout', {}, {}, works(opus) + reads(opus) + reads(sonnet)],
  [
    'risk: a scout, a planner and three reviewers of its claim',
    { touches: ['db/migrations/1.sql'], criteria: [claim] },
    {},
    works(opus) + 2 * reads(opus) + 3 * reads(sonnet),
  ],
  ['research: two scouts, two who refute, one who weighs', { kind: 'research' }, {}, works(opus) + 4 * reads(opus)],
  [
    'a recipe of its own, on other models',
    { recipe: 'mine' },
    {
      recipes: { mine: { scouts: [{ model: sonnet }], refute: false, plan: false, ship: true, reviewers: 2 } },
      review: 'off',
    },
    works(opus) + reads(sonnet) + reads(opus),
  ],
])('what a unit may cost counts all who are asked: %s', (_name, unit, config, cost) => {
  expect(unitCost(casting(config), prices, unitOf(unit))).toBe(cost);
});

test('what nobody knows the price of is not guessed', () => {
  const agents = {
    mine: { type: 'command', command: 'true' },
    priced: { type: 'command', command: 'true', costUsd: 2 },
  };
  const cost = (agent: string): number | null =>
    unitCost(new Casting(configSchema.parse({ agents }), agent), prices, unitOf({}));
  expect([cost('mine'), cost('priced')]).toEqual([null, 2_000_000]);
});

test('what judging may take is nothing where only commands judge', () => {
  expect([
    judgingCost(casting({ review: 'off' }), prices, unitOf({}), 0),
    judgingCost(casting(), prices, unitOf({ kind: 'research' }), 0),
    judgingCost(casting(), prices, unitOf({}), 0),
  ]).toEqual([0, 0, reads(sonnet)]);
});
