import path from 'node:path';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openCurrent } from '../../../src/engine/project/stamp.ts';
import { lines } from '../../../src/engine/verbs/looking/list.ts';
import { openDatabase } from '../../../src/queue/database.ts';
import { Lock } from '../../../src/queue/lock.ts';
import { scripted, spec, TestProject } from '../../support/project.ts';

test('a queue is up to date until something changes that it was made from', async () => {
  const project = TestProject.make({
    ...scripted('true'),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['Yes — check: `true`']),
    'specs/sub/b.md': spec('B', [], ['Yes — check: `true`']),
  });
  const folder = path.join(project.root, 'specs');
  const isCurrent = (): boolean => {
    const current = openCurrent(project.asker, folder);
    current?.database.close();
    return current !== null;
  };
  const list = async (): Promise<unknown> => {
    const listed = await lines.run(project.asker, { folder, states: [] }, { signal: new AbortController().signal });
    return listed.kind === 'lines' ? listed.lines.map((line) => `${line.state} ${line.key}`) : listed;
  };
  expect(isCurrent()).toBe(false); // there is no queue yet
  // Files that were written just now may be written again without looking different: they are not trusted at first.
  const settles = async (): Promise<void> => {
    await expect
      .poll(async () => {
        await list();
        return isCurrent();
      })
      .toBe(true);
  };
  await settles();
  const changes: readonly (readonly [string, () => void, readonly string[]])[] = [
    ['a spec', () => appendFileSync(path.join(folder, 'sub/b.md'), '- [ ] More\n'), ['ready a', 'ready sub.b']],
    [
      'a new spec',
      () => writeFileSync(path.join(folder, 'c.md'), spec('C', [], ['x'])),
      ['ready a', 'ready c', 'ready sub.b'],
    ],
    ['a spec that is gone', () => rmSync(path.join(folder, 'c.md')), ['ready a', 'ready sub.b']],
    ['the configuration', () => project.write(scripted('true', { ignore: ['sub'] })), ['ready a']],
    ['HEAD', () => void project.commit('Next'), ['ready a']],
    ['the branch', () => void project.git('branch', 'backlog/next'), ['ready a']],
    ['packed refs', () => void project.git('pack-refs', '--all'), ['ready a']],
  ];
  for (const [what, change, wanted] of changes) {
    change();
    const isSame = what === 'packed refs';
    expect([what, isCurrent()]).toEqual([what, isSame]);
    expect([what, await list()]).toEqual([what, wanted]);
    await settles();
  }
  // A run at work keeps it up to date itself; a run that died did not.
  appendFileSync(path.join(folder, 'a.md'), '- [ ] More\n');
  const lock = Lock.take(path.join(project.state, 'runner.lock'));
  expect(isCurrent()).toBe(true);
  lock?.release();
  await settles();
  const database = openDatabase(project.state);
  database.write(() =>
    database.run(
      "insert into runs (id, started_at, branch, tip, agent, tier, options) values ('dead', 1, 'b', 't', 'a', 'none', '{}')",
    ),
  );
  database.close();
  expect(isCurrent()).toBe(false);
});
