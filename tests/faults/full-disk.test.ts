import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { canMount, fileUnit, fillDisk, scripted, smallDisk, spec, TestProject, writeFile } from '../support/project.ts';

/*
 * What the user reads is never left empty or half by a full disk: neither by who writes it, nor by who fails before.
 */

/** Everything of a repository that the user sees, without what git keeps; empty files stand out. */
function seen(project: TestProject): string[] {
  const names = readdirSync(project.root, { recursive: true }).map(String);
  return names
    .filter((name) => !/^\.git(?:\/|$)|^\.fill$/.test(name))
    .map((name) => [name, lstatSync(path.join(project.root, name))] as const)
    .filter(([, stat]) => stat.isFile())
    .map(([name, stat]) => `${name} ${stat.size}`)
    .toSorted();
}

test.runIf(canMount)('a full disk is told by each verb, and leaves what the user has as it was', async () => {
  const project = TestProject.make({});
  smallDisk(project.root, '60m');
  project.git('init', '--quiet', '--initial-branch=main');
  project.write({
    ...scripted(writeFile),
    ...fileUnit('a'),
    ...fileUnit('b', ['depends: [h]']),
    'specs/h.md': spec('H', ['touches: [h.txt]'], ['Yes — check: `test -f h.txt`', '(human) It is nice']),
    'specs/followups.md': '# Followups\n\n- [ ] One\n',
    'big.bin': 'x'.repeat(200_000),
  });
  project.commit('The beginning');
  await project.run(1);
  project.git('switch', '--quiet', 'backlog/next');
  project.write({ 'big.bin': Array.from({ length: 200_000 }, (_, index) => index).join('') });
  project.commit('A large change');
  project.git('switch', '--quiet', 'main');
  const before = seen(project);
  const full = 'the disk is full';
  for (const [line, code, told] of [
    ['init other --no-try', 2, full],
    ['add Two --check true', 2, full],
    ['merge', 2, full],
    ['run', 2, full],
    ['retry a', 2, `the queue file ${path.join(project.state, 'backlog.db')} cannot be used`],
    ['undo a', 2, full],
    ['list', 0, ''],
    ['status', 0, ''],
    ['report', 0, ''],
  ] as const) {
    const free = fillDisk(project.root);
    const ended = await project.backlog(...line.split(' '));
    free();
    expect([line, ended.code, seen(project)], ended.stderr).toEqual([line, code, before]);
    expect(ended.stderr, line).toContain(told);
  }
  expect((await project.backlog('add', 'Two', '--check', 'true')).code).toBe(0);
});
