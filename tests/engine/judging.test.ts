import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Report, ReportUnit } from '../../src/model/report.ts';
import { asRole, confirm, onUnit, script, touch, write } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

const addTest = `import test from 'node:test';
import assert from 'node:assert';
import { add } from '../src/add.mjs';
test('adds', () => assert.equal(add(1, 2), 3));
`;
const right = write('src/add.mjs', 'export const add = (a, b) => a + b;');

function project(agent: string, files: Readonly<Record<string, string>> = {}, more: object = {}): TestProject {
  return TestProject.make({
    ...scripted(agent, { limits: { attempts: 2 }, ...more }),
    'src/add.mjs': 'export const add = () => 0;\n',
    'tests/add.test.mjs': addTest,
    'specs/u.md': spec('U', ['touches: ["src/**"]'], ['Adds — check: `node --test tests/add.test.mjs`']),
    ...files,
  });
}

async function only(it: TestProject, code: number): Promise<ReportUnit> {
  const [unit] = (await it.run(code)).units;
  if (!unit) throw new Error('no unit');
  return unit;
}

/** What came of the canaries of a unit. */
function canaries(unit: ReportUnit): unknown[] {
  return unit.criteria.flatMap((criterion) =>
    criterion.evidence.flatMap((evidence) => {
      if (evidence.kind !== 'canary') return [];
      const { kind: _kind, on: _on, tree: _tree, tier: _tier, ...end } = evidence;
      return [end];
    }),
  );
}

describe('a canary', () => {
  test('is caught where the work is honest', async () => {
    const unit = await only(project(right), 0);
    expect([unit.state, canaries(unit)]).toEqual([
      'done',
      [{ verdict: 'caught', file: 'tests/add.test.mjs', line: 4, command: 'node --test tests/add.test.mjs' }],
    ]);
  });

  test.each<[string, string]>([
    ['ends the process early', 'process.exit(0); export const add = () => 3;'],
    [
      'patches the assertions',
      'import assert from "node:assert"; assert.equal = () => {}; export const add = () => 1;',
    ],
    [
      'forges the output',
      'console.log("TAP version 13\\nok 1 - adds\\n1..1\\n# tests 1\\n# pass 1\\n# fail 0"); process.exit(0); export const add = 1;',
    ],
  ])('is missed where the work %s: never done', async (_name, source) => {
    const unit = await only(project(write('src/add.mjs', source)), 1);
    expect(unit.state).toBe('failed');
    expect(['tampered', 'no-tests', 'check-failed', 'fewer-tests']).toContain(unit.failure?.reason);
  });

  test('that a patched runner lets pass is tampering: one fresh start from the base, then given up', async () => {
    const it = project(
      write('src/add.mjs', 'import assert from "node:assert"; assert.equal = () => {}; export const add = () => 1;'),
      {},
      { limits: { attempts: 5 } },
    );
    const unit = await only(it, 1);
    expect([unit.state, unit.attempts, unit.failure?.['sentence'], canaries(unit)]).toEqual([
      'failed',
      2,
      '`node --test tests/add.test.mjs` cannot be trusted on this work: a copy of tests/add.test.mjs with a wrong expected value passes.',
      [{ verdict: 'missed', file: 'tests/add.test.mjs', line: 4, command: 'node --test tests/add.test.mjs' }],
    ]);
  });

  test('says nothing where nothing shows that the check compares the value that was flipped', async () => {
    const it = project(right, {
      'run.mjs':
        "import t from 'node:test'; import assert from 'node:assert'; import { add } from './src/add.mjs';\nt('r', () => assert.equal(add(1, 2), 3));\n",
      'specs/u.md': spec('U', ['touches: ["src/**"]'], ['Adds — check: `node --test run.mjs`']),
    });
    expect(canaries(await only(it, 0))).toEqual([
      { verdict: 'none', why: 'nothing shows that the check compares the value that was flipped' },
    ]);
  });

  test('catches a patch that spares files with other names', async () => {
    const source =
      "import assert from 'node:assert'; if (process.argv[1].endsWith('/add.test.mjs')) assert.equal = () => {}; export const add = () => 1;";
    const unit = await only(project(write('src/add.mjs', source)), 1);
    expect([unit.state, unit.failure?.reason]).toEqual(['failed', 'tampered']);
  });

  test('needs a runner that is known', async () => {
    const it = project(touch('src/x'), {
      'specs/u.md': spec('U', ['touches: ["src/**"]'], ['x — check: `test -f src/x`']),
    });
    expect(canaries(await only(it, 0))).toEqual([{ verdict: 'none', why: 'unknown test runner' }]);
  });
});

test('what is green only with a protected file changed is tampering', async () => {
  const it = project(script(write('tests/add.test.mjs', ''), write('src/add.mjs', 'export const add = 1;')), {
    'specs/u.md': spec('U', ['touches: ["src/**"]'], ['Adds — check: `node tests/add.test.mjs`']),
  });
  const unit = await only(it, 1);
  expect([unit.state, unit.attempts, unit.failure?.['sentence']]).toEqual([
    'failed',
    2,
    '`node tests/add.test.mjs` is green only with changes to what judges the work (tests/add.test.mjs); they were put back.',
  ]);
});

test('a check that is now red and now green before the work proves nothing', async () => {
  const it = project(touch('src/x'), {
    'specs/u.md': spec('U', ['touches: ["src/**"]'], ['x — check: `test -f src/x || mkdir "$FLAKY" 2>/dev/null`']),
  });
  const folder = `${it.outside}/flaky`;
  it.write({
    'specs/u.md': spec('U', ['touches: ["src/**"]'], [`x — check: \`test -f src/x || ! mkdir ${folder} 2>/dev/null\``]),
  });
  const unit = await only(it, 1);
  expect([unit.state, unit.failure?.reason, unit.criteria[0]?.role, unit.criteria[0]?.note]).toEqual([
    'failed',
    'flaky-proof',
    'guard',
    'flaky: two runs on the tree before the work gave different results, so it proves nothing',
  ]);
});

test('tests are counted by name: one that goes while another comes is missed', async () => {
  const two = "import t from 'node:test';\nt('one', () => {});\nt('two', () => {});\n";
  const it = project(
    script(right, write('tests/other.test.mjs', two.replace("'two'", "'easy'").trimEnd())),
    {
      'tests/other.test.mjs': two,
      'specs/u.md': spec('U', ['touches: ["src/**", "tests/**"]'], ['Adds — check: `node --test tests/add.test.mjs`']),
    },
    { checks: { test: 'node --test tests/other.test.mjs' }, limits: { attempts: 1 } },
  );
  const unit = await only(it, 1);
  expect([unit.failure?.reason, unit.failure?.['sentence']]).toEqual([
    'fewer-tests',
    '`node --test tests/other.test.mjs` passes, but no longer runs "two".',
  ]);
});

test('prompts that the configuration names are put back, also where the whole repository is read', async () => {
  const config = {
    agent: 'script',
    agents: { script: { type: 'command', command: script(touch('a.txt'), write('prompts/builder.md', 'Cheat.')) } },
    roles: { builder: { prompt: 'prompts/builder.md' } },
    sandbox: { tier: 'none' },
  };
  const it = TestProject.make({
    'backlog.config.json': JSON.stringify(config),
    'prompts/builder.md': 'Build.\n',
    'specs/a.md': spec('A', [], ['Yes — check: `test -f a.txt`']),
  });
  const ended = await it.backlog('run', '.');
  expect([ended.code, ended.stderr.includes('specs.a: put back prompts/builder.md\n')]).toEqual([0, true]);
  expect(it.landed('a.txt')).toBe('');
  expect(it.landed('prompts/builder.md')).toBe('Build.');
});

test('a manifest is judged by key: what is legal lands, what changes the checks is put back', async () => {
  const before = { name: 'x', scripts: { test: 'node --test tests/add.test.mjs' }, dependencies: { a: '1.0.0' } };
  const change = 'p.scripts.test = "true"; p.scripts.dev = "node ."; p.dependencies.b = "2.0.0"; p.description = "d";';
  const it = project(
    script(
      right,
      `node -e 'const fs = require("fs"); const p = JSON.parse(fs.readFileSync("package.json")); ${change} fs.writeFileSync("package.json", JSON.stringify(p, null, 2))'`,
    ),
    {
      'package.json': JSON.stringify(before, null, 2),
      'specs/u.md': spec('U', ['touches: ["src/**"]'], ['Adds — check: `npm test`']),
    },
  );
  const unit = await only(it, 0);
  expect(unit.restored).toEqual(['package.json (scripts)']);
  expect(JSON.parse(it.landed('package.json'))).toEqual({
    name: 'x',
    scripts: { test: 'node --test tests/add.test.mjs', dev: 'node .' },
    dependencies: { a: '1.0.0', b: '2.0.0' },
    description: 'd',
  });
});

test('what no check notices is listed as unproven, and told with the runs that it took', async () => {
  const source = ['export const add = (a, b) => a + b;', 'export const unused = () => 1;'];
  const it = project(script(write('src/add.mjs', ...source), write('src/y.mjs', 'export const y = 1;')), {
    'src/add.mjs': 'export const add = () => 0;\n\n\n',
  });
  const report: Report = await it.run(0);
  const [unit] = report.units;
  expect([statesOf(report), unit?.unproven, unit?.checkRuns]).toEqual([
    { u: 'done' },
    { tried: 2, of: 2, found: [{ file: 'src/y.mjs', line: 1, lines: 1 }] },
    6,
  ]);
  expect(it.read(`specs/.backlog/runs/${report.run.id}/report.md`)).toContain(
    'Not covered by any check (all pass without it): `src/y.mjs:1`.',
  );
});

test('reviewers are shown what the unit changes, and nothing that others landed meanwhile', async () => {
  const it = TestProject.make({ '.keep': '' });
  const shown = `${it.outside}/shown`;
  it.write({
    ...scripted(
      [
        asRole(
          'reviewer',
          `grep "^+++" "$BACKLOG_BRIEF" | sed "s/^/$BACKLOG_UNIT /" >> '${shown}'`,
          confirm({ file: '$BACKLOG_UNIT.txt', line: 1, text: 'done' }),
          'exit 0',
        ),
        // Whoever is second ends when the first one has landed.
        onUnit('b', `until git -C '${it.root}' cat-file -e backlog/next:a.txt 2> /dev/null; do sleep 0.05; done`),
        write('$BACKLOG_UNIT.txt', 'done'),
      ],
      { limits: { attempts: 1 } },
    ),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['It says done']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['It says done']),
  });
  it.commit('Specs');
  expect(statesOf(await it.run(0))).toEqual({ a: 'done', b: 'done' });
  expect([...new Set(readFileSync(shown, 'utf8').trim().split('\n'))].toSorted()).toEqual([
    'a +++ b/a.txt',
    'b +++ b/b.txt',
  ]);
});

test('reviewers are asked again on what landed meanwhile only if that changes a file which they quoted', async () => {
  const it = TestProject.make({ '.keep': '', 'shared.txt': 'one\ntwo\nthree\n' });
  const asked = `${it.outside}/asked`;
  const quote = (file: string, text: string): string => confirm({ file, line: 1, text });
  it.write({
    ...scripted(
      [
        asRole(
          'reviewer',
          `echo "$BACKLOG_UNIT" >> '${asked}'`,
          // Both others are confirmed on the tip of before, and judged again once the first one has landed.
          onUnit(
            'a',
            `until [ $(sort -u '${asked}' | wc -l) = 3 ]; do sleep 0.05; done`,
            quote('a.txt', 'done'),
            'exit 0',
          ),
          `until git -C '${it.root}' cat-file -e backlog/next:a.txt 2> /dev/null; do sleep 0.05; done`,
          onUnit('b', quote('shared.txt', 'one'), 'exit 0'),
          quote('c.txt', 'done'),
          'exit 0',
        ),
        write('$BACKLOG_UNIT.txt', 'done'),
        onUnit('a', "sed -i 's/three/3/' shared.txt"),
      ],
      { limits: { attempts: 1 } },
    ),
    'specs/a.md': spec('A', ['touches: [a.txt, shared.txt]'], ['It says done']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['It says one']),
    'specs/c.md': spec('C', ['touches: [c.txt]'], ['It says done']),
  });
  it.commit('Specs');
  expect(statesOf(await it.run(0))).toEqual({ a: 'done', b: 'done', c: 'done' });
  expect(readFileSync(asked, 'utf8').trim().split('\n').toSorted()).toEqual([
    // Two lenses each.
    ...['a', 'a', 'b', 'b', 'b', 'b', 'c', 'c'],
  ]);
});
