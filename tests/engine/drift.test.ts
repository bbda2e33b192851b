import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

/* What "backlog status --drift" finds, and that it writes nothing. */

interface Drifts {
  readonly drifts: readonly { readonly key: string; readonly kind: string; readonly weight: string }[];
}

/** The exit code, and what drifts. */
async function drift(project: TestProject): Promise<readonly [number | null, ...string[]]> {
  const { code, stdout } = await project.backlog('status', 'specs', '--drift', '--json');
  const { drifts } = JSON.parse(stdout) as Drifts;
  return [code, ...drifts.map(({ key, kind, weight }) => `${weight} ${key} ${kind}`)];
}

/** All refs and files of the repository and the caches. */
function everything(project: TestProject): unknown {
  const cache = path.join(project.outside, 'cache');
  return [
    project.git('for-each-ref'),
    project.git('status', '--porcelain', '--ignored'),
    existsSync(project.state) ? readdirSync(project.state).filter((name) => !/-(?:wal|shm)$/.test(name)) : null,
    existsSync(cache) ? readdirSync(cache) : [],
  ];
}

test('ticks, queue and landings are compared, and what has to be set right decides the exit code', async () => {
  const project = TestProject.make({
    ...scripted(writeFile, { limits: { maxAgents: 1 } }),
    ...fileUnit('a'),
    ...fileUnit('b'),
    ...fileUnit('c'),
  });
  const before = everything(project);
  const none = await project.backlog('status', 'specs', '--drift');
  expect([none.code, none.stdout]).toEqual([
    0,
    'There is no queue yet: only ticks and landings are compared.\nNothing drifts on backlog/next.\n',
  ]);
  expect(everything(project)).toEqual(before);

  await project.run(0);
  expect(await drift(project)).toEqual([0, 'note a not-merged', 'note b not-merged', 'note c not-merged']);
  expect((await project.backlog('merge')).code).toBe(0);
  await project.backlog('list');
  const listed = everything(project);
  const merged = await project.backlog('status', 'specs', '--drift');
  expect([merged.code, merged.stdout]).toEqual([0, 'Nothing drifts on backlog/next.\n']);
  expect((everything(project) as string[])[2]).toEqual((listed as string[])[2]);

  // The branch loses the last landing, somebody writes trailers, an author unticks, and a spec is removed.
  const tip = project.git('rev-parse', 'backlog/next');
  project.git('reset', '--quiet', '--hard', 'backlog/next~1');
  project.git('branch', '--force', 'backlog/next', 'main');
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('[x]', '[ ]'), ...fileUnit('d') });
  rmSync(path.join(project.root, 'specs/b.md'));
  const seen = await project.backlog('status', 'specs', '--drift');
  const gone = project.git('log', '--format=%H %s', tip, '-3').split('\n');
  const of = (title: string): string => gone.find((line) => line.endsWith(` ${title}`))?.slice(0, 10) ?? '';
  expect([seen.code, seen.stdout]).toEqual([
    1,
    [
      'drift a: the queue says done, and it is open: its boxes were unticked in the working tree',
      '      "backlog list" brings the queue up to date. "backlog run" does it again.',
      `drift c: the queue says that it landed as ${of('C')}, which is not in the history of the branch any more`,
      '      "backlog run" does it again. "git reflog backlog/next" tells where the branch was, if it was moved by mistake.',
      'drift b: its spec is gone, and the queue says done',
      '      "backlog list" brings the queue up to date.',
      'note a: you unticked it in your working tree, and it is ticked at HEAD',
      '      "backlog run" does it again; "git restore specs/a.md" takes the untick back.',
      `note b: it landed as ${of('B')}, and its spec is gone`,
      '      Nothing, if the work stays. If not, restore the spec, and "backlog undo b".',
      '3 drifts on backlog/next, and 2 notes.',
      '',
    ].join('\n'),
  ]);
  await project.backlog('list');
  expect(await drift(project)).toEqual([0, 'note a unticked', 'note c commit-gone', 'note b spec-gone']);

  const trailers = 'Backlog-Unit: d\nBacklog-Run: r\nBacklog-Attempt: d.1\nBacklog-Criteria: ';
  const { stdout } = await project.backlog('show', 'd', '--json');
  const { row } = JSON.parse(stdout) as { row: { spec: { criteriaHash: string } } };
  const forged = project.git(
    'commit-tree',
    'main^{tree}',
    '-p',
    'main',
    '-m',
    `D\n\n${trailers}${row.spec.criteriaHash}`,
  );
  project.git('branch', '--force', 'backlog/next', forged);
  const claimed = await drift(project);
  expect([claimed[0], claimed.filter((line) => String(line).includes(' d '))]).toEqual([1, ['drift d claimed']]);
  const both = await project.backlog('status', 'specs', '--drift', '--run', 'x');
  expect([both.code, both.stderr]).toEqual([
    2,
    expect.stringContaining("option '--drift' cannot be used with option '--run"),
  ]);
});

test('a tick that a crash prevented in the repository of the specs is told, with the command that sets it right', async () => {
  const app = TestProject.make({ 'readme.txt': 'The target\n' });
  const specs = TestProject.make({
    ...scripted(writeFile, { target: path.relative('/', app.root).replace(/^/, '/') }),
    ...fileUnit('a'),
  });
  await specs.start(['run', 'specs'], { env: { BACKLOG_FAILPOINT: 'tick apart=kill' } }).ended;
  await specs.backlog('list', 'specs');
  const told = await specs.backlog('status', 'specs', '--drift');
  const landing = app.git('rev-parse', 'backlog/next').slice(0, 10);
  expect([told.code, told.stdout]).toEqual([
    1,
    `drift a: it landed as ${landing}, and nothing ticked it on backlog/next\n      "backlog run" ticks it.\n1 drift on backlog/next.\n`,
  ]);
  expect((await specs.backlog('run', 'specs')).code).toBe(0);
  expect(await drift(specs)).toEqual([0, 'note a not-merged']);
});

test('what cannot be ticked is told by the run that lands it, by the next one and as a drift, until a person marks it', async () => {
  const aliased = fileUnit('a', ['status: &now todo', 'labels: [*now]']);
  const project = TestProject.make({
    ...scripted(writeFile),
    ...aliased,
    'specs/b.md': '# B\n\n## Acceptance criteria\n\n- There is nothing to tick — check: `test -f b.txt`\n',
  });
  const told = 'could not be ticked in a.md, line 3: its status cannot be written without another key.';
  const notices = async (): Promise<readonly string[]> =>
    (await project.run(0)).notices.filter((it) => it.includes(told));
  const text = `a landed, and ${told} Mark it as done there, and commit that.`;
  expect(await notices()).toEqual([text]);
  expect(await notices()).toEqual([text]);
  const landings = project.git('log', '--format=%h %s', '--abbrev=10', 'backlog/next').split('\n');
  const landing = landings.find((line) => line.endsWith(' A'))?.slice(0, 10) ?? '';
  const drifts = await project.backlog('status', 'specs', '--drift');
  expect([drifts.code, drifts.stdout]).toEqual([
    1,
    `drift a: it landed as ${landing}, and could not be ticked in specs/a.md, line 3 on backlog/next: its status cannot be written without another key\n      Mark it as done there, and commit that.\n1 drift on backlog/next.\n`,
  ]);
  project.write({ 'specs/a.md': project.read('specs/a.md').replace('&now todo', '&now done') });
  await project.backlog('list');
  expect(await drift(project)).toEqual([0]);
});
