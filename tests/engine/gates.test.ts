import { expect, test } from 'vitest';
import { exceptAs, fail, onUnit, script, touch, unlessBriefSays, unlessThere } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

const check = (file: string): string => `There — check: \`test -f ${file}\``;

function project(agent: string, gate: object, more: object = {}): TestProject {
  return TestProject.make({
    ...scripted(agent, { phases: ['one', 'two'], gates: { one: gate }, ...more }),
    'specs/a.md': spec('A', ['phase: one', 'touches: [a.txt]'], [check('a.txt')]),
    'specs/b.md': spec('B', ['phase: one', 'touches: [b.txt]'], [check('b.txt')]),
    'specs/c.md': spec('C', ['phase: two', 'touches: [c.txt]'], [check('c.txt')]),
  });
}

test('a gate that holds is passed without an agent, and the next phase starts only then', async () => {
  const it = project(
    script(touch('$BACKLOG_UNIT.txt'), onUnit('c', unlessThere('a.txt', fail()), unlessThere('b.txt', fail()))),
    {
      checks: ['test -f a.txt && test -f b.txt && ! test -f c.txt'],
    },
  );
  const report = await it.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done', c: 'done', 'gate.one': 'done' });
  expect(it.landings().toSorted()).toEqual(['a', 'b', 'c']);
  expect(it.landings().at(-1)).toBe('c');
  const gate = report.units.find((unit) => unit.id === 'gate.one');
  expect([gate?.why, gate?.criteria.map((c) => [c.text, c.verdict])]).toEqual([
    'the gate holds',
    [['check: `test -f a.txt && test -f b.txt && ! test -f c.txt`', 'met']],
  ]);
  // It is not asked again while nothing changes, and again when a unit of its phase is added.
  expect((await it.backlog('run', 'specs')).stdout).toBe(
    'Nothing to do: everything in this folder is done.\nMerge it: backlog merge\n',
  );
  it.write({ 'specs/d.md': spec('D', ['phase: one', 'touches: [d.txt]'], [check('d.txt')]) });
  expect(statesOf(await it.run(1))).toMatchObject({ d: 'done', 'gate.one': 'failed: check-failed' });
});

test('a red gate goes to an agent with what was seen; its repair lands through the same judge', async () => {
  const it = project(
    script(
      onUnit(
        'gate.one',
        ...[exceptAs('debugger', fail()), unlessBriefSays('failed: exit 1', fail()), touch('both.txt'), 'exit 0'],
      ),
      touch('$BACKLOG_UNIT.txt'),
    ),
    { checks: ['test -f both.txt'] },
  );
  const report = await it.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done', c: 'done', 'gate.one': 'done' });
  expect(it.landings().slice(-2)).toEqual(['gate.one', 'c']);
});

test('a gate that stays red after its repairs keeps the next phase from starting', async () => {
  const it = project(touch('$BACKLOG_UNIT.txt'), { checks: ['test -f both.txt'], repairs: 2 });
  const report = await it.run(1);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done', c: 'waiting', 'gate.one': 'failed: check-failed' });
  expect(report.units.find((unit) => unit.id === 'gate.one')?.attempts).toBe(2);
  expect(report.units.find((unit) => unit.id === 'c')?.why).toBe('waits for gate.one');
});

test('a gate that only warns says so, and one that is off is not there', async () => {
  const warned = await project(touch('$BACKLOG_UNIT.txt'), { checks: ['false'], strictness: 'warn' }).run(0);
  expect([statesOf(warned), warned.notices]).toEqual([
    { a: 'done', b: 'done', c: 'done', 'gate.one': 'done' },
    [
      'Agents and checks run without a sandbox, as your user, as you allowed.',
      'The gate after phase one fails, but only warns: `false` failed: exit 1.',
    ],
  ]);
  const off = await project(touch('$BACKLOG_UNIT.txt'), { checks: ['false'], strictness: 'off' }).run(0);
  expect(statesOf(off)).toEqual({ a: 'done', b: 'done', c: 'done' });
});

test('a gate with a human criterion waits for a person; approved, the next phase starts', async () => {
  const it = project(touch('$BACKLOG_UNIT.txt'), { checks: ['test -f a.txt'], human: ['Both look right together'] });
  expect(statesOf(await it.run(5))).toEqual({ a: 'done', b: 'done', c: 'waiting', 'gate.one': 'awaiting' });
  expect((await it.backlog('approve', 'gate.one')).code).toBe(0);
  expect(statesOf(await it.run(0))).toEqual({ a: 'done', b: 'done', c: 'done', 'gate.one': 'done' });
});

test('a gate for a phase that does not exist is an error with its place', async () => {
  const it = TestProject.make({
    ...scripted('true', { phases: ['one'], gates: { onne: { checks: ['true'] } } }),
    'specs/a.md': spec('A', [], ['a']),
  });
  const ended = await it.backlog('run', 'specs');
  expect([ended.code, ended.stderr]).toEqual([
    2,
    'specs/backlog.config.json:16:5 error: there is a gate for phase "onne", but no such phase [unknown-phase]\n        "onne": {\n        ~~~~~~\n  Did you mean "one"?\n',
  ]);
});
