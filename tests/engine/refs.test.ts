import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { count } from '../support/agent-script.ts';
import { ledger } from '../support/ledger.ts';
import { fileUnit as unit, scripted, spec, statesOf, TestProject, writeFile } from '../support/project.ts';

test('whatever ref is locked for good: the run says which, and no work is lost, made again or counted against its unit', async () => {
  const project = TestProject.make({});
  const worked = path.join(project.outside, 'count');
  project.write({
    ...scripted([count(worked), writeFile], { limits: { attempts: 1 } }),
    ...unit('a'),
    ...unit('b'),
    'specs/c.md': spec('C', ['touches: [c.txt]'], ['C — check: `false`']),
  });
  project.commit('Specs');
  const refs = path.join(project.root, '.git/refs');
  const lay = (file: string): string => {
    mkdirSync(path.dirname(path.join(refs, file)), { recursive: true });
    writeFileSync(path.join(refs, file), '');
    return path.join(refs, file);
  };
  const works = (): string => readFileSync(worked, 'utf8').replaceAll('\n', '');
  const list = async (): Promise<string> => (await project.backlog('list')).stdout;

  // The ref of its work alone is locked: it is kept under another one, and lands. So it does without a ledger.
  const [work, locked] = [lay('backlog/work/a.1.lock'), lay('backlog/ledger.lock')];
  const ended = await project.backlog('run', 'specs', '--exclude', 'b');
  expect([ended.code, ended.stderr]).toEqual([
    1,
    expect.stringContaining(
      `The ledger (refs/backlog/ledger) for rebuilding a lost queue was not written: git cannot write refs/backlog/ledger: ${locked} has existed`,
    ),
  ]);
  expect([project.landings(), works()]).toEqual([['a'], 'xx']);
  rmSync(work);
  rmSync(locked);

  // No ref can keep it: the queue knows the work, and the next run begins with keeping it.
  const both = [lay('backlog/work/b.1.lock'), lay('backlog/kept')];
  const stuck = await project.backlog('run', 'specs');
  expect([stuck.code, stuck.stderr]).toEqual([
    2,
    expect.stringContaining(`error: the run cannot continue: git cannot write refs/backlog/kept/`),
  ]);
  expect([await list(), works()]).toEqual([
    expect.stringMatching(/^done {4}a {2}A\nready {3}b {2}B \(git cannot/),
    'xxx',
  ]);
  for (const file of both) rmSync(file);

  // The branch is locked: the work that was judged waits.
  const branch = lay('heads/backlog/next.lock');
  const blocked = await project.backlog('run', 'specs');
  expect([blocked.code, blocked.stderr]).toEqual([
    2,
    expect.stringContaining(
      `error: git cannot write backlog/next: ${branch} has existed for more than 10 seconds [git-locked]`,
    ),
  ]);
  rmSync(branch);

  expect(statesOf(await project.run(1))).toEqual({ a: 'done', b: 'done', c: 'failed: check-failed' });
  expect([project.landings(), works()]).toEqual([['a', 'b'], 'xxx']);
  expect(ledger(project)).toEqual([
    { version: 2, spend: {} },
    expect.objectContaining({ version: 2, unit: 'c', state: 'failed', attempts: 1 }),
  ]);
});
