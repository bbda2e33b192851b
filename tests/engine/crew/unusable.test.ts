import { expect, test } from 'vitest';
import { Unusable } from '../../../src/engine/crew/unusable.ts';
import type { AgentUnusable } from '../../../src/model/failure.ts';
import { idFromKey, type UnitId } from '../../../src/model/ids.ts';

const [a, b] = [idFromKey('a'), idFromKey('b')];
const orders = (['x', 'x m', 'y'] as const).flatMap((agent) =>
  (['m', '', null] as const).flatMap((model) => ([a, b, null] as const).map((unit) => ({ agent, model, unit }))),
);
const said = ({ agent, model, unit }: (typeof orders)[number]): string => `${agent}, ${model}, ${unit}`;

/** The orders that are refused after such a failure of one. */
function refused(kind: AgentUnusable['kind'], of: readonly [string, string | null, UnitId | null]): readonly string[] {
  const unusable = new Unusable();
  unusable.learn(...of, { reason: 'agent-unusable', kind, detail: '', remedy: '' });
  return orders.filter(({ agent, model, unit }) => unusable.of(agent, model, unit) !== null).map(said);
}

test.each([
  ['key', 'x', 'm', a, orders.filter(({ agent }) => agent === 'x')],
  ['unreachable', 'x', null, null, orders.filter(({ agent }) => agent === 'x')],
  ['model', 'x', 'm', a, orders.filter(({ agent, model }) => agent === 'x' && model === 'm')],
  ['model', 'x', null, a, orders.filter(({ agent, model }) => agent === 'x' && model === null)],
  ['model', 'x', 'm', null, orders.filter(({ agent, model }) => agent === 'x' && model === 'm')],
  ['request', 'x', 'm', a, [{ agent: 'x', model: 'm', unit: a }]],
  ['request', 'x', null, a, [{ agent: 'x', model: null, unit: a }]],
  ['request', 'x', 'm', null, []],
  ['request', 'x', null, null, []],
] as const)('a failure of %s by %s with %s for %s refuses what it says something about', (...row) => {
  const [kind, agent, model, unit, expected] = row;
  expect(refused(kind, [agent, model, unit])).toEqual(expected.map(said));
});
