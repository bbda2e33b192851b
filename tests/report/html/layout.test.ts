import { expect, test } from 'vitest';
import { layOut } from '../../../src/report/html/layout.ts';
import { blocksOf, lanesOf, ticks } from '../../../src/report/html/scale.ts';
import { madeReport } from '../../support/made-report.ts';

/** A graph as `id: its dependencies`; those in capitals are on the path. */
const nodes = (graph: Readonly<Record<string, string>>) =>
  Object.entries(graph).map(([id, depends]) => ({
    id,
    depends: depends.split(' '),
    isOnPath: id === id.toUpperCase(),
  }));

test('nodes stand right of all that they depend on, on places of their own, and the path is straight', () => {
  const { spots, edges, columns } = layOut(
    nodes({ A: '', b: '', c: 'A b', D: 'A', e: 'c D A', F: 'D e b', g: 'unknown' }),
  );
  const at = (id: string) => spots.get(id) ?? { column: -1, row: -1 };
  expect(edges.every(({ from, to }) => at(from).column < at(to).column)).toBe(true);
  expect(edges.map(({ from, to }) => from + to).toSorted()).toEqual(['AD', 'Ac', 'De', 'bc', 'ce', 'eF'].toSorted());
  expect(new Set(['A', 'D', 'F'].map((id) => at(id).row)).size).toBe(1);
  expect(new Set([...spots.values()].map(({ column, row }) => `${column} ${row}`)).size).toBe(7);
  expect([columns, Math.min(...[...spots.values()].map(({ row }) => row))]).toEqual([4, 0]);
});

test('a cycle is cut, and an empty graph is empty', () => {
  expect(layOut(nodes({ a: 'b', b: 'a' })).spots.size).toBe(2);
  expect(layOut([])).toEqual({ spots: new Map(), edges: [], columns: 0, rows: 0 });
});

test('no two units share a lane at a time, and there are no more lanes than agents at work', () => {
  const report = madeReport({ units: 100, agents: 7 });
  const blocks = blocksOf(
    report.units.filter(({ gate }) => gate === null),
    report.totals.durationMs,
  );
  const lanes = lanesOf(blocks);
  expect(lanes.length).toBeLessThanOrEqual(7);
  for (const lane of lanes)
    for (const [index, block] of lane.entries())
      expect(block.startMs).toBeGreaterThanOrEqual(lane[index - 1]?.endMs ?? 0);
  expect(lanes.flat().length).toBe(blocks.length);
});

test.each([
  [0, 1],
  [900, 1],
  [59_000, 12],
  [47 * 60_000, 10],
  [10 * 3_600_000, 11],
  [400 * 86_400_000, 13],
])('an axis of %i ms has %i lines', (ms, count) => {
  expect(ticks(ms).length).toBe(count);
});
