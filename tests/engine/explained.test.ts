import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { keepBrief, onAttempt, onUnit, write } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

const sums = `import { test } from 'node:test';
import assert from 'node:assert';
import { sum } from '../src/sum.mjs';
test('adds', () => assert.strictEqual(sum(1, 2), 3));
test('is named', () => assert.strictEqual(sum.name, 'sum'));
`;
const said =
  '✖ adds (tests/sum.test.mjs:4) AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: -1 !== 3';

test('the first test that failed is told as it happens, by log and show, and to the next attempt; what is cut is counted', async () => {
  const check = 'node --test --test-reporter=spec tests/sum.test.mjs; e=$?; seq 1 400000; exit $e';
  const project = TestProject.make({
    ...scripted(
      [
        onUnit('crash', 'exec node agent.mjs'),
        write('src/sum.mjs', 'export const sum = (a, b) => a - b;'),
        onAttempt(2, write('src/sum.mjs', 'export const sum = (a, b) => a + b;')),
        keepBrief('src/brief.txt'),
      ],
      { limits: { attempts: 2, repairs: 0 } },
    ),
    'agent.mjs': "\nthrow new RangeError('no such thing');\n",
    'src/sum.mjs': 'export const sum = () => 0;\n',
    'tests/sum.test.mjs': sums,
    'specs/sum.md': spec('Sum', ['touches: [src/**]'], [`It adds — check: \`${check}\``]),
    'specs/crash.md': spec('Crash', ['touches: [crash.txt]'], ['x — check: `test -f crash.txt`']),
  });
  const ended = await project.backlog('run', 'specs', '--json');
  const report = JSON.parse(ended.stdout) as Awaited<ReturnType<TestProject['run']>>;
  expect(statesOf(report)).toEqual({ sum: 'done', crash: 'failed: agent-failed' });
  // 3 MB of output came after the summary: both tests were counted, before and after.
  const evidence = report.units.find(({ id }) => id === 'sum')?.criteria[0]?.evidence ?? [];
  expect(evidence.map((one) => (one.kind === 'command' ? one.testsRun : null))).toEqual(
    [2, 2, null].slice(0, evidence.length),
  );
  // Before the work: which tests failed, what they expected, and got.
  const before = evidence.find((one) => one.kind === 'command' && one.on === 'base');
  expect(before?.kind === 'command' ? before.assertions : null).toEqual([
    { test: 'adds', file: 'tests/sum.test.mjs', line: 4, expected: '3', got: '0' },
  ]);
  expect(ended.stderr).toContain(`sum: not done: \`${check}\` failed: exit 1. ${said} → retrying in a new attempt`);
  expect((await project.backlog('log', 'sum')).stdout).toContain(said);
  expect(project.landed('src/brief.txt')).toContain(
    `First failure:\n✖ adds (tests/sum.test.mjs:4)\n  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n  -1 !== 3\n`,
  );
  const crashed = 'The agent failed (crashed): It exited with 1: RangeError: no such thing (';
  expect((await project.backlog('show', 'crash')).stdout).toContain(crashed);
  expect(ended.stderr).not.toContain('Node.js v');
  // The whole outputs lie with the run, and are named where what they explain is told.
  const [, long = ''] = /\(whole output: (\S+sum\.1-check-1\.log)\)/.exec(ended.stderr) ?? [];
  const text = readFileSync(long, 'utf8');
  expect([text.slice(0, 8), text.endsWith('\n399999\n400000\n')]).toEqual(['✖ adds (', true]);
  expect((await project.backlog('show', 'crash')).stdout).toMatch(/whole output: \S+crash\.2-builder\.log/);
  expect(readdirSync(path.dirname(long)).toSorted()).toEqual([
    'crash.1-builder.log',
    'crash.2-builder.log',
    'sum.1-check-1.log',
  ]);
});
