import { expect, test } from 'vitest';
import { edit, onUnit, touch, whenBriefSays, write } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

test(
  'ten units on one file: everything lands, nothing is lost, no attempt is burnt for others',
  { timeout: 600_000 },
  async () => {
    const names = Array.from({ length: 10 }, (_, index) => `u${index}`);
    const it = TestProject.make({
      // Each makes a file of its own, so that all start side by side, and changes the same line of one list besides.
      ...scripted([touch('$BACKLOG_UNIT.txt'), edit('list.txt', '1s/$/ $BACKLOG_UNIT/')]),
      'list.txt': 'all:\n',
      ...Object.fromEntries(
        names.map((unit) => [
          `specs/${unit}.md`,
          spec(unit, [`touches: [${unit}.txt]`], [`There — check: \`test -f ${unit}.txt\``]),
        ]),
      ),
    });
    const report = await it.run(0);
    expect(statesOf(report)).toEqual(Object.fromEntries(names.map((unit) => [unit, 'done'])));
    expect(it.landed('list.txt').split(' ').toSorted()).toEqual(['all:', ...names].toSorted());
    const { units } = JSON.parse((await it.backlog('list', '--json')).stdout) as {
      units: { attempts: number; conflicts: number }[];
    };
    expect(units.map((unit) => unit.attempts)).toEqual(names.map(() => 0));
  },
);

test('two units green apart and red together: the innocent lands, the other goes back with what it did not know', async () => {
  // `b` must not be more than `a` says. Whoever comes second is shown what the first one landed, and fits.
  const it = TestProject.make({
    ...scripted(
      [
        onUnit('a', write('a.txt', '5'), whenBriefSays('^+9', write('a.txt', '10'))),
        onUnit('b', write('b.txt', '9'), whenBriefSays('^+5', write('b.txt', '4'))),
      ],
      {
        checks: { limit: 'test ! -f a.txt || test ! -f b.txt || test "$(cat b.txt)" -le "$(cat a.txt)"' },
        limits: { attempts: 1 },
      },
    ),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['a — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['b — check: `test -f b.txt`']),
  });
  expect(statesOf(await it.run(0))).toEqual({ a: 'done', b: 'done' });
  expect(['10 9', '5 4']).toContain(`${it.landed('a.txt')} ${it.landed('b.txt')}`);
});
