import path from 'node:path';
import { expect, test } from 'vitest';
import { onUnit, touch, write } from '../support/agent-script.ts';
import { scripted, TestProject } from '../support/project.ts';

const native = '# N\n\n## Acceptance criteria\n\n- [ ] n — check: `test -f n.txt`\n';

test('a run works on units of a format that was added, lands them with their ticks, and they are merged into what was not committed', async () => {
  const toyFiles = {
    'specs/.toy/feature/one/plan.json': JSON.stringify({
      title: 'One',
      after: ['n'],
      criteria: { c1: 'One is there — check: `test -f one.txt`' },
    }),
    'specs/feature/one/tasks.md': 'c1: open\n',
    'specs/n.md': native,
  };
  // It also writes a unit of its own, into a folder that is hidden, and ticks itself.
  const forged = [
    'mkdir -p specs/.toy/feature/new specs/feature/new',
    write('specs/.toy/feature/new/plan.json', JSON.stringify({ title: 'New', criteria: { c1: 'It is new' } })),
    write('specs/feature/new/tasks.md', 'c1: open'),
    write('specs/feature/one/tasks.md', 'c1: finished'),
  ];
  const project = TestProject.make({
    ...scripted([touch('$BACKLOG_UNIT.txt'), onUnit('one', ...forged)]),
    ...toyFiles,
  });
  const support = path.resolve(import.meta.dirname, '../support/with-toy-format.ts');
  project.program = ['--import', support, path.resolve(import.meta.dirname, '../../src/cli/main.ts')];
  expect(await project.backlog('check', 'specs')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 units') as string,
  });
  const report = await project.run(0);
  expect(report.units.map(({ id, state }) => `${id} ${state}`)).toEqual(['one done', 'n done']);
  expect(project.landings()).toEqual(['n', 'one']);
  expect(project.landed('specs/feature/one/tasks.md')).toBe('c1: finished');
  expect(project.git('diff', '--stat', '--name-only', 'main', 'backlog/next')).toBe(
    ['n.txt', 'one.txt', 'specs/feature/one/tasks.md', 'specs/n.md'].join('\n'),
  );
  const { stdout } = await project.backlog('list', 'specs', '--json');
  const { units } = JSON.parse(stdout) as { units: { title: string; state: string }[] };
  expect(units.map(({ title, state }) => `${title}: ${state}`)).toEqual(['One: done', 'N: done', 'New: proposed']);
  project.write({ 'specs/feature/one/tasks.md': 'c1: open\n\nMy own notes.\n' });
  expect(await project.backlog('merge', 'specs')).toMatchObject({ code: 0, stderr: '' });
  expect(project.read('specs/feature/one/tasks.md')).toBe('c1: finished\n\nMy own notes.\n');
  expect(project.git('status', '--porcelain')).toBe(' M specs/feature/one/tasks.md');
});
