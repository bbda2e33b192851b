import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exceptAs, fail, onAttempt, onUnit, touch, write } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

const sums = `import { test } from 'node:test';
import assert from 'node:assert';
import { sum } from '../src/sum.mjs';
test('adds', () => assert.strictEqual(sum(1, 2), 3));
test('is named', () => assert.strictEqual(sum.name, 'sum'));
`;

test('a report tells the caps, each try with its tests, the stages, gates, what changed, and the runs before', async () => {
  const project = TestProject.make({
    ...scripted(
      [
        onUnit('sum', write('src/sum.mjs', 'export const sum = (a, b) => a - b;')),
        onUnit('sum', onAttempt(2, write('src/sum.mjs', 'export const sum = (a, b) => a + b;'))),
        onUnit('gate.one', exceptAs('debugger', fail())),
        onUnit('text', touch('text.txt')),
      ],
      {
        ...{ phases: ['one', 'two'], gates: { one: { checks: ['test -f src/sum.mjs'] } } },
        limits: { attempts: 2, repairs: 0, budgetUsd: 12.5, maxAgents: 3 },
      },
    ),
    'src/sum.mjs': 'export const sum = () => 0;\n',
    'tests/sum.test.mjs': sums,
    'specs/sum.md': spec(
      'Sum',
      ['phase: one', 'touches: [src/**]'],
      ['It adds — check: `node --test tests/sum.test.mjs`'],
    ),
    'specs/text.md': spec(
      'Text',
      ['phase: two', 'depends: [sum]'],
      ['x — check: `test -f text.txt`', '(human) It reads well'],
    ),
  });
  const ended = await project.backlog('run', 'specs', '--json', '--unmetered', '--max-time', '1h');
  const report = JSON.parse(ended.stdout) as Awaited<ReturnType<TestProject['run']>>;
  const unit = (id: string) => report.units.find((one) => one.id === id);

  expect(report.run.caps).toEqual({
    ...{ agents: 3, usd: 12.5, dayUsd: null, unitUsd: null, units: null, timeMs: 3_600_000 },
  });
  const sum = unit('sum');
  expect(sum?.tries.map(({ attempt, outcome, tests, next }) => [attempt, outcome, tests, next])).toEqual([
    [1, 'not-done', { ran: 2, failed: 1 }, 'new-attempt'],
    [2, 'landed', { ran: 2, failed: 0 }, null],
  ]);
  expect([...new Set(sum?.stages.map(({ stage }) => stage))].slice(0, 2)).toEqual(['agent', 'checks']);
  const times = sum?.stages.flatMap(({ startMs, endMs }) => [startMs, endMs]) ?? [];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(sum?.landedMs).toBeLessThanOrEqual(report.totals.durationMs);
  expect(sum?.diff).toContain('-export const sum = () => 0;\n+export const sum = (a, b) => a + b;');
  expect(unit('gate.one')?.gate).toMatchObject({ phase: 'one', outcome: 'passed', met: 1, of: 1 });
  expect(unit('text')?.depends).toEqual(['sum', 'gate.one']);
  // What waits for a person: its change, and the name by which it is approved.
  expect([unit('text')?.state, unit('text')?.digest]).toEqual(['awaiting', expect.stringMatching(/^[0-9a-f]{12,}$/)]);
  expect(unit('text')?.diff).toContain('diff --git a/text.txt b/text.txt\nnew file');
  expect(report.history).toMatchObject({ runs: [{ id: report.run.id, landed: 1 }], steady: 3 });

  // The next run tells of this one, too.
  await project.backlog('reject', 'text', '-m', 'longer');
  const next = await project.backlog('run', 'specs', '--json', '--unmetered');
  const { history } = JSON.parse(next.stdout) as typeof report;
  expect(history?.runs.map(({ id }) => id)).toEqual([report.run.id, expect.any(String)]);
  expect(history?.criteria).toMatchObject([{ unit: 'text', verdicts: ['awaiting', 'awaiting'] }]);
  const shown = readFileSync(path.join(project.root, 'specs/.backlog/runs', report.run.id, 'report.json'), 'utf8');
  expect(JSON.parse(shown)).toEqual(report);
});
