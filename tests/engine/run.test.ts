import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/queue/database.ts';
import type { Report } from '../../src/model/report.ts';
import {
  answer,
  append,
  asRole,
  blocked,
  confirm,
  copy,
  edit,
  fail,
  hang,
  onUnit,
  script,
  send,
  touch,
  tryLater,
  unlessBriefSays,
  unlessThere,
  whenBriefSays,
  whenThere,
  write,
} from '../support/agent-script.ts';
import { mergeNamedIn, scripted, spec, statesOf, TestProject, writeFile } from '../support/project.ts';

test('units land in the order of their dependencies, each as one commit whose tree was judged', async () => {
  // a --> b --> c
  const project = TestProject.make({
    ...scripted(writeFile),
    'specs/a.md': spec('Do A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
    'specs/b.md': spec('Do B', ['depends: [a]', 'touches: [b.txt]'], ['B — check: `test -f b.txt`']),
    'specs/c.md': spec('Do C', ['depends: [b]', 'touches: [c.txt]'], ['C — check: `test -f c.txt`']),
  });
  const head = project.git('rev-parse', 'HEAD');
  const report = await project.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done', c: 'done' });
  expect(project.landings()).toEqual(['a', 'b', 'c']);
  expect(project.landed('specs/b.md')).toBe(
    spec('Do B', ['depends: [a]', 'touches: [b.txt]'], ['B — check: `test -f b.txt`']).replace('[ ]', '[x]').trimEnd(),
  );
  // Every landed tree is the one that its evidence names.
  for (const unit of report.units) {
    const tree = project.git('rev-parse', `${unit.commit}^{tree}`);
    expect(
      unit.criteria.map((c) => [
        c.verdict,
        c.role,
        c.evidence.map((e) => (e.kind === 'command' ? [e.on, e.exitCode] : [e.kind, e.verdict])),
      ]),
    ).toEqual([
      [
        'met',
        'proof',
        [
          ['base', 1],
          ['candidate', 0],
          ['canary', 'none'],
        ],
      ],
    ]);
    expect(unit.criteria[0]?.evidence.at(-1)?.tree).toBe(tree);
  }
  const message = project.git('log', '-1', '--format=%an <%ae>%n%B', 'backlog/next');
  expect(message.replace(report.run.id, '<run>')).toMatch(
    /^Ada <ada@example\.org>\nDo C\n\nOne criterion was judged on exactly this tree\.\n\nBacklog-Unit: c\nBacklog-Run: <run>\nBacklog-Attempt: c\.1\nBacklog-Criteria: [0-9a-f]{16}\n*$/,
  );
  // Nothing of the user's was touched.
  expect([
    project.git('rev-parse', 'HEAD'),
    project.git('branch', '--show-current'),
    project.git('status', '--porcelain', '--ignored'),
  ]).toEqual([head, 'main', '!! specs/.backlog/']);
});

test('running again finds nothing to do, says so, and exits 0; also after the branch was merged or squashed', async () => {
  const project = TestProject.make({
    ...scripted(touch('a.txt'), { limits: { attempts: 1, repairs: 0 } }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  });
  await project.run(0);
  const idle = { code: 0, stdout: 'Nothing to do: everything in this folder is done.\n', stderr: '' };
  const notMerged = { ...idle, stdout: `${idle.stdout}Merge it: backlog merge\n` };
  expect(await project.backlog('run', 'specs')).toEqual(notMerged);
  expect(await project.backlog('run', 'specs')).toEqual(notMerged); // now from what was remembered
  // Typed elsewhere it is printed as it would be typed there; and a run that lands nothing says it, too.
  const [above, name] = [path.dirname(project.root), path.basename(project.root)];
  const elsewhere = async (...args: readonly string[]): Promise<string> =>
    (await project.start(['-C', name, ...args], { cwd: above }).ended).stdout;
  expect(await elsewhere('run')).toBe(`${idle.stdout}Merge it: backlog -C ${name} merge\n`);
  project.write({ 'specs/never.md': spec('Never', ['touches: [n.txt]'], ['N — check: `false`']) });
  expect(mergeNamedIn(await elsewhere('run', '--allow-unsandboxed'))).toBe(`backlog -C ${name} merge`);
  rmSync(path.join(project.root, 'specs/never.md'));
  project.git('merge', '--quiet', '--squash', 'backlog/next');
  project.commit('Take A home');
  expect(await project.backlog('run', 'specs')).toEqual(idle);
  // New work starts from where HEAD is now; the squashed branch moves there and its old tip is kept.
  const old = project.git('rev-parse', 'backlog/next');
  project.write({
    'specs/b.md': spec('B', ['touches: [a.txt]'], ['B — check: `test ! -s a.txt && test -f specs/b.md`', 'A is empty']),
  });
  project.commit('Ask for B');
  await project.backlog('run', 'specs');
  expect(project.git('rev-parse', `refs/backlog/old/${old}`)).toBe(old);
  expect(project.git('merge-base', 'HEAD', 'backlog/next')).toBe(project.git('rev-parse', 'HEAD'));
});

test('a branch that went its own way is merged with HEAD, and the merge is judged', async () => {
  const project = TestProject.make({
    ...scripted(touch('$BACKLOG_UNIT.txt'), { checks: { lint: 'test ! -f bad.txt' } }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  });
  await project.run(0);
  project.write({ 'specs/b.md': spec('B', ['touches: [b.txt]'], ['B — check: `test -f b.txt`']), 'own.txt': 'mine\n' });
  project.commit('My own work');
  await project.run(0);
  expect(project.landings()).toEqual(['a', 'b']);
  expect(project.git('ls-tree', '--name-only', 'backlog/next')).toBe('a.txt\nb.txt\nown.txt\nspecs');

  project.git('branch', '--force', 'backlog/next', 'backlog/next~1');
  project.write({ 'bad.txt': '', 'specs/c.md': spec('C', ['touches: [c.txt]'], ['C — check: `test -f c.txt`']) });
  project.commit('Something that lint refuses');
  const red = await project.run(1);
  expect(red.environment).toEqual({ command: 'test ! -f bad.txt', excerpt: '' });
  expect(project.landings()).toEqual(['a']);
});

test('a freed slot is filled at once; with --barrier nothing starts before the wave is through', async () => {
  const project = TestProject.make({});
  const [isBarrier, log] = [`[ -e ${project.outside}/barrier ]`, `git --git-dir ${project.root}/.git log backlog/next`];
  const untilC = `until ${isBarrier} || ${log} 2>/dev/null | grep -q 'Backlog-Unit: c'; do sleep 0.05; done`;
  project.write({
    ...scripted([onUnit('b', untilC), touch('$BACKLOG_UNIT.txt')]),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['B — check: `test -f b.txt`']),
    'specs/c.md': spec('C', ['touches: [c.txt]'], ['C — check: `test -f c.txt`']),
  });
  project.commit('Specs');
  const order = async (...args: readonly string[]): Promise<string[]> => {
    const ended = await project.backlog('run', 'specs', '--max-agents', '2', ...args);
    project.git('update-ref', '-d', 'refs/heads/backlog/next');
    return ended.stderr.match(/^wave \d: .*$|^\w: done/gm) ?? [];
  };
  expect(await order()).toEqual(['wave 1: a, b', 'a: done', 'wave 2: c', 'c: done', 'b: done']);
  writeFileSync(path.join(project.outside, 'barrier'), '');
  expect((await order('--barrier')).slice(-2)).toEqual(['wave 2: c', 'c: done']);
});

test('a spec that is not committed yet lands untouched, and is ticked once its text reaches the branch', async () => {
  const project = TestProject.make(scripted(touch('a.txt')));
  const text = spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']);
  project.write({ 'specs/a.md': text });
  await project.run(0);
  expect(project.git('ls-tree', '-r', '--name-only', 'backlog/next')).toBe('a.txt\nspecs/backlog.config.json');
  project.commit('The spec, at last');
  // The branch and HEAD went different ways: HEAD is merged into the branch, and the box is ticked there.
  const ended = await project.backlog('run', 'specs');
  expect([ended.code, ended.stderr.includes('Ticked what landed before its spec was committed: a.')]).toEqual([
    0,
    true,
  ]);
  expect(project.landed('specs/a.md')).toBe(text.replace('[ ]', '[x]').trimEnd());
  expect(project.read('specs/a.md')).toBe(text);
  expect((await project.backlog('run', 'specs')).stdout).toBe(
    'Nothing to do: everything in this folder is done.\nMerge it: backlog merge\n',
  );
});

test('an author who takes a tick back has the unit done again', async () => {
  const project = TestProject.make({
    ...scripted('date +%N >> a.txt'),
    'specs/a.md': spec(
      'A',
      ['touches: [a.txt]'],
      ['A — check: `test "$(cat a.txt 2>/dev/null | wc -l)" -gt 0`', '(human) fine'],
    ),
  });
  await project.run(5);
  await project.backlog('approve', 'a');
  project.git('merge', '--quiet', 'backlog/next');
  expect((await project.backlog('list')).stdout).toBe('done  a  A\n');
  project.write({ 'specs/a.md': project.read('specs/a.md').replaceAll('[x]', '[ ]') });
  expect((await project.backlog('list')).stdout).toBe('ready  a  A (its boxes were unticked in the working tree)\n');
});

test('a conflict between the branch and HEAD is told before anything starts', async () => {
  const project = TestProject.make({
    ...scripted(write('a.txt', 'theirs')),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  });
  await project.run(0);
  project.write({ 'a.txt': 'ours\n', 'specs/b.md': spec('B', [], ['b']) });
  project.commit('The same file');
  const ended = await project.backlog('run', 'specs');
  expect([ended.code, ended.stderr]).toEqual([
    2,
    'error: backlog/next and your HEAD conflict in a.txt [branch-conflict]\n  Merge it into your own branch first: "backlog merge" says how, file by file. Or land elsewhere with --into.\n',
  ]);
});

test('a branch that is checked out is refused by name', async () => {
  const project = TestProject.make({ ...scripted('true'), 'specs/a.md': spec('A', [], ['a']) });
  const ended = await project.backlog('run', 'specs', '--into', 'main');
  expect([ended.code, ended.stderr.replaceAll(project.root, '<root>')]).toEqual([
    2,
    'error: the branch main is checked out in <root>; landing on it would modify your checkout [branch-checked-out]\n  Switch to another branch there ("git switch -"), or land elsewhere with --into.\n',
  ]);
});

describe('what is not shown is not done', () => {
  const verdict = async (
    criteria: readonly string[],
    script: string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const project = TestProject.make({
      ...scripted(script, { limits: { attempts: 1, checkTimeout: '2s' } }),
      ...files,
      'specs/u.md': spec('U', ['touches: [out.txt, "tests/**"]'], criteria),
    });
    const report = await project.run(1);
    expect(project.landings()).toEqual([]);
    return statesOf(report)['u'] ?? '';
  };

  test('a red check', async () =>
    expect(await verdict(['x — check: `test -f other.txt`'], touch('out.txt'))).toBe('failed: check-failed'));
  test('an agent that crashes', async () =>
    expect(await verdict(['x — check: `test -f out.txt`'], script(touch('out.txt'), fail(3)))).toBe(
      'failed: agent-failed',
    ));
  test('a check that is killed by a signal', async () =>
    expect(await verdict(['x — check: `test -f out.txt && kill -9 $$`'], touch('out.txt'))).toBe(
      'failed: check-failed',
    ));
  test('a check that runs into the time limit', async () =>
    expect(await verdict(['x — check: `test -f out.txt && sleep 60`'], touch('out.txt'))).toBe('failed: check-failed'));
  test('a known runner that ends green without a test', async () =>
    expect(
      await verdict(['x — check: `test -f out.txt && node --test tests/none.test.mjs`'], touch('out.txt'), {
        'tests/none.test.mjs': '',
      }),
    ).toBe('failed: no-tests'));
  test('a check that was green before, with another that was too', async () =>
    expect(await verdict(['x — check: `true`', 'y — check: `test -f specs/u.md`', '(human) z'], 'true')).toBe(
      'failed: empty-change',
    ));
  test('a claim that nobody confirms', async () =>
    expect(await verdict(['x holds'], touch('out.txt'))).toBe('failed: no-evidence'));
  test('work that holds a nested repository', async () =>
    expect(
      await verdict(
        ['x — check: `test -d sub`'],
        'git init -q sub && touch sub/a && git -C sub add a && git -C sub -c user.name=a -c user.email=a@b commit -qm a',
      ),
    ).toBe('failed: forbidden-tree'));
  test('a link that leaves', async () =>
    expect(await verdict(['x — check: `test -L out.txt`'], 'ln -s /etc/passwd out.txt')).toBe(
      'failed: forbidden-tree',
    ));
});

test('a check that judges the work is put back, with what was added beside it', async () => {
  const test =
    "import t from 'node:test'; import assert from 'node:assert'; import { readFileSync } from 'node:fs';\nt('two', () => assert.equal(readFileSync('out.txt', 'utf8'), '2'));\n";
  const project = TestProject.make({
    ...scripted([write('tests/two.test.mjs', ''), write('package.json', '{"type":"module"}'), 'printf 3 > out.txt'], {
      limits: { attempts: 1 },
    }),
    'package.json': '{}\n',
    'tests/two.test.mjs': test,
    'specs/u.md': spec('U', ['touches: [out.txt]'], ['x — check: `node --test tests/two.test.mjs`']),
  });
  const report = await project.run(1);
  expect(statesOf(report)).toEqual({ u: 'failed: check-failed' });
  expect(report.units[0]?.restored).toEqual(['package.json (type)', 'tests/two.test.mjs']);
});

describe('a check that is still green with fewer tests is not done', () => {
  const two = "import t from 'node:test';\nt('one', () => {});\nt('two', () => {});\n";
  const run = async (script: string, touches: string, criterion = 'x — check: `test -f out.txt`'): Promise<Report> => {
    const project = TestProject.make({
      ...scripted(script, { checks: { test: 'node --test tests/*.test.mjs' }, limits: { attempts: 1 } }),
      'tests/a.test.mjs': two,
      'tests/b.test.mjs': two,
      'specs/u.md': spec('U', [`touches: [out.txt, ${touches}]`], [criterion]),
    });
    const ended = await project.backlog('run', 'specs', '--json');
    return JSON.parse(ended.stdout) as Report;
  };
  test('removed', async () => {
    const [unit] = (await run(script(touch('out.txt'), 'rm tests/b.test.mjs'), '"tests/**"')).units;
    expect([unit?.state, unit?.failure?.['sentence']]).toEqual([
      'failed',
      '`node --test tests/*.test.mjs` passes, but no longer runs "one", "two".',
    ]);
  });
  test('skipped', async () => {
    const skip = edit('tests/b.test.mjs', "s/t('two'/t.skip('two'/");
    expect(statesOf(await run(script(touch('out.txt'), skip), '"tests/**"'))).toEqual({ u: 'failed: fewer-tests' });
  });
  test('added beside the others: done', async () =>
    expect(
      statesOf(await run(script(touch('out.txt'), copy('tests/a.test.mjs', 'tests/c.test.mjs')), '"tests/**"')),
    ).toEqual({
      u: 'done',
    }));
  test('removed by a unit that names the file: done', async () =>
    expect(statesOf(await run(script(touch('out.txt'), 'rm tests/b.test.mjs'), 'tests/b.test.mjs'))).toEqual({
      u: 'done',
    }));
});

test('a test that the unit writes itself is a guard, and no proof without a reviewer', async () => {
  const project = TestProject.make({
    ...scripted([
      asRole('reviewer', confirm({ file: 'tests/new.test.mjs', line: 2, text: 'assert.ok(existsSync' }), 'exit 0'),
      touch('out.txt'),
      'mkdir -p tests',
      write(
        'tests/new.test.mjs',
        "import t from 'node:test'; import assert from 'node:assert'; import { existsSync } from 'node:fs';",
        "t('x', () => assert.ok(existsSync('out.txt')));",
      ),
    ]),
    'specs/u.md': spec(
      'U',
      ['touches: [out.txt, tests/new.test.mjs]'],
      ['x — check: `node --test tests/new.test.mjs`'],
    ),
  });
  const report = await project.run(0);
  expect(report.units[0]?.criteria.map(({ role, note }) => ({ role, note }))).toEqual([
    {
      role: 'proof',
      note: 'unit-written: tests/new.test.mjs (fails without the change, and reviewers confirm that it asserts the criterion)',
    },
  ]);
});

test("the project's own checks red on the pristine base: said once, no agent starts", async () => {
  const project = TestProject.make({
    ...scripted(touch('started.txt', 'a.txt'), { checks: { lint: 'echo sorry; exit 1' } }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
  });
  const report = await project.run(1);
  expect([statesOf(report), report.environment, report.units[0]?.attempts]).toEqual([
    { a: 'ready' },
    { command: 'echo sorry; exit 1', excerpt: 'sorry\n' },
    0,
  ]);
  const again = await project.backlog('run', 'specs');
  expect(again.stdout).toContain('  echo sorry; exit 1 fails on the base commit; no agent was started.\n');
  expect(again.stdout).toContain('\n    sorry\n\n◌ a  ready ');
  expect(project.read(again.stdout.match(/^Report: (.*)$/m)?.[1] ?? '')).toContain('```text\nsorry\n```');
});

test('a guard that the work turns red is not done', async () => {
  const project = TestProject.make({
    ...scripted(touch('a.txt', 'bad.txt'), { checks: { lint: 'test ! -f bad.txt' }, limits: { attempts: 1 } }),
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
  });
  const report = await project.run(1);
  expect(report.units[0]?.failure?.['sentence']).toBe('`test ! -f bad.txt` failed: exit 1.');
});

test('what is met already is shown to a person and costs nothing; approving it ticks it', async () => {
  const project = TestProject.make({
    ...scripted(touch('started.txt')),
    'a.txt': '',
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
  });
  const report = await project.run(5);
  expect([statesOf(report), report.units[0]?.agentMs, report.totals.costUsd]).toEqual([{ a: 'awaiting' }, 0, 0]);
  expect((await project.backlog('approve', 'a')).code).toBe(0);
  expect(project.landed('specs/a.md')).toContain('[x] A');
  expect(project.git('diff', '--stat', 'HEAD', 'backlog/next', '--', ':!specs')).toBe('');
});

/** A check that goes on until the agent has begun, and passes once one of the files is there; `runs` counts it. */
const slow = (it: TestProject, ...files: readonly string[]): string =>
  `echo x >> ${it.outside}/runs; until [ -e ${it.outside}/begun ]; do sleep 0.02; done; ls ${files.join(' ')}`;

test('a slow check does not keep the agent waiting: its runs before the work go on beside it, each once', async () => {
  const it = TestProject.make({ '.keep': '' });
  it.write({
    ...scripted([touch(`${it.outside}/begun`), touch('a.txt')], { limits: { baseWait: '1ms' } }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], [`A — check: \`${slow(it, 'a.txt')}\``]),
  });
  it.commit('Specs');
  expect(statesOf(await it.run(0))).toEqual({ a: 'done' });
  // Before the work and after it, twice each.
  expect(readFileSync(`${it.outside}/runs`, 'utf8')).toBe('x\n'.repeat(4));
});

test('an agent whose unit turns out to be met already is stopped: a person is asked', async () => {
  const it = TestProject.make({ 'a.txt': '' });
  it.write({
    ...scripted([touch(`${it.outside}/begun`), hang], { limits: { baseWait: '1ms' } }),
    'specs/a.md': spec('A', ['touches: [b.txt]'], [`A — check: \`${slow(it, 'a.txt')}\``]),
  });
  it.commit('Specs');
  const ended = await it.backlog('run', 'specs');
  expect([ended.code, ended.stderr]).toEqual([
    5,
    expect.stringContaining('a: every check passes before any work, as it turned out while its agent worked'),
  ]);
  expect((await it.backlog('approve', 'a')).code).toBe(0);
  expect(it.landed('specs/a.md')).toContain('[x] A');
});

test('an agent may say that it cannot be done: blocked, with its reason, and not asked again', async () => {
  const project = TestProject.make({
    ...scripted(blocked('working', 'The API of the year 1999 is gone.')),
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['depends: [a]'], ['B — check: `test -f b.txt`']),
  });
  const report = await project.run(1);
  expect(report.units.map((unit) => [unit.id, unit.state, unit.why])).toEqual([
    ['a', 'blocked', 'The API of the year 1999 is gone.'],
    ['b', 'waiting', 'waits for a'],
  ]);
  expect(await project.backlog('run', 'specs')).toMatchObject({
    code: 1,
    stderr: expect.not.stringContaining('wave') as string,
  });
  // Changed text is a new question.
  project.write({ 'specs/a.md': spec('A, without the API', [], ['A — check: `test -f a.txt`']) });
  expect((await project.backlog('run', 'specs')).stderr).toContain('wave 1: a');
});

test('a failed unit gets a fresh attempt that starts from what the last one left, with the evidence', async () => {
  const debug = [unlessBriefSays('It must be two', fail()), unlessThere('half.txt', fail()), write('out.txt', '2')];
  const project = TestProject.make({
    ...scripted([asRole('debugger', ...debug, 'exit 0'), touch('half.txt'), write('out.txt', '1')]),
    'specs/a.md': spec('A', [], ['A — check: `grep -q 2 out.txt || { echo "It must be two"; exit 1; }`']),
  });
  const report = await project.run(0);
  expect(report.units.map((unit) => [unit.state, unit.attempts, unit.files])).toEqual([
    ['done', 2, ['half.txt', 'out.txt']],
  ]);
});

test('two units that append to the same file, outside of their touches: both are merged, and no attempt is made again', async () => {
  const project = TestProject.make({
    ...scripted([touch('$BACKLOG_UNIT.txt'), append('list.txt', '$BACKLOG_UNIT')], { limits: { attempts: 1 } }),
    'list.txt': 'none\n',
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['A — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['B — check: `test -f b.txt`']),
  });
  const report = await project.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done' });
  expect(project.landed('list.txt').split('\n').toSorted()).toEqual(['a', 'b', 'none']);
  expect(report.units.reduce((sum, unit) => sum + unit.attempts, 0)).toBe(2);
});

test('green alone and red together: the second goes back with what the other changed', async () => {
  const sees = ['a.txt', 'b.txt'].map((other) => whenThere(other, touch('with-$BACKLOG_UNIT.txt')));
  const both = 'test ! -f a.txt || test ! -f b.txt || test -f with-a.txt || test -f with-b.txt';
  const project = TestProject.make({
    ...scripted([...sees, touch('$BACKLOG_UNIT.txt')], { checks: { both }, limits: { attempts: 1 } }),
    'specs/a.md': spec('A', ['touches: [a.txt, with-a.txt]'], ['A — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [b.txt, with-b.txt]'], ['B — check: `test -f b.txt`']),
  });
  const report = await project.run(0);
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done' });
  expect(report.units.reduce((sum, unit) => sum + unit.attempts, 0)).toBe(3);
});

test('a human criterion waits; rejecting sends it back with the words, approving lands it', async () => {
  const project = TestProject.make({
    ...scripted([write('out.txt', 'small'), whenBriefSays('make it bigger', write('out.txt', 'big'))]),
    'specs/a.md': spec('A', [], ['A — check: `test -s out.txt`', '(human) It reads well']),
  });
  expect(statesOf(await project.run(5))).toEqual({ a: 'awaiting' });
  expect((await project.backlog('diff', 'a')).stdout).toContain('+small');
  expect(project.landings()).toEqual([]);
  expect(await project.backlog('reject', 'a')).toMatchObject({ code: 2 });
  expect(await project.backlog('reject', 'a', '-m', 'make it bigger')).toEqual({
    code: 0,
    stdout: 'a is rejected and will be retried\n',
    stderr: '',
  });
  expect(statesOf(await project.run(5))).toEqual({ a: 'awaiting' });
  // Approving is about this unit alone: another that is ready is neither started nor held against it.
  project.write({ 'specs/later.md': spec('Later', [], ['Later — check: `test -f later.txt`']) });
  expect((await project.backlog('approve', 'a', '-m', 'now it does')).code).toBe(0);
  expect(project.landings()).toEqual(['a']);
  expect(project.landed('out.txt')).toBe('big');
  const shown = await project.backlog('show', 'a');
  expect(shown.stdout).toMatch(/\[x\] human: \(human\) It reads well \(met\)\n {6}approved by .*: now it does\n/);
});

test('"try later" parks a unit and burns no attempt', async () => {
  const project = TestProject.make({
    ...scripted(tryLater('come back at noon')),
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
  });
  const running = project.start(['run', 'specs']);
  await expect.poll(running.stderr, { timeout: 20_000 }).toContain('a: parked: come back at noon');
  running.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(JSON.parse((await project.backlog('list', '--json')).stdout)).toMatchObject({
    units: [{ id: 'a', state: 'parked', attempts: 0 }],
  });
});

test('a provider that makes us wait again and again ends the run with 4 instead of holding it for ever', async () => {
  const project = TestProject.make({
    ...scripted(tryLater()),
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
  });
  // What three waits in a row leave behind, as the queue has it.
  await project.backlog('list');
  const database = openDatabase(project.state);
  database.write(() => database.run('update units set waits = 4'));
  database.close();
  expect((await project.run(4)).units[0]).toMatchObject({ state: 'parked', attempts: 1, failure: null });
});

test('a research unit answers; the answer lands at its path and goes to those who wait for it', async () => {
  const project = TestProject.make({
    ...scripted([
      onUnit('why', touch('ignored.txt'), answer('# Because')),
      onUnit('use', unlessBriefSays('# Because', fail()), touch('used.txt')),
    ]),
    'specs/why.md': spec(
      'Why?',
      ['kind: research', 'answer: docs/why.md'],
      ['It says why — check: `grep -q Because docs/why.md`'],
    ),
    'specs/use.md': spec('Use it', ['depends: [why]', 'touches: [used.txt]'], ['Used — check: `test -f used.txt`']),
  });
  const report = await project.run(0);
  expect(report.units.map((unit) => [unit.id, unit.answer, unit.files])).toEqual([
    ['use', null, ['used.txt']],
    ['why', '# Because\n', ['docs/why.md']],
  ]);
  expect(project.landed('docs/why.md')).toBe('# Because');
});

test('a followup that an agent proposes waits for a person, and can be taken over', async () => {
  const project = TestProject.make({
    ...scripted([touch('a.txt'), send({ title: 'Also B', criteria: ['B holds'] }), send('not json')]),
    'specs/a.md': spec('A', [], ['A — check: `test -f a.txt`']),
  });
  const report = await project.run(0);
  expect(report.followups.map((followup) => followup.title)).toEqual(['Also B']);
  const id = report.followups[0]?.id ?? '';
  expect((await project.backlog('add', '--proposal', id)).stdout).toBe(
    'added followups.also-b in specs/followups.md:3\n',
  );
  expect(project.read('specs/followups.md')).toBe(
    '# Followups\n\n- [ ] Also B\n  Proposed by the agent of a.\n  - [ ] B holds\n',
  );
  expect((await project.backlog('list')).stdout).not.toContain(id);
});

test('one file can hold several units, and for-each makes one for each matching file', async () => {
  const project = TestProject.make({
    ...scripted([
      onUnit('each.src.c.txt', append('src/c.txt', 'done')),
      onUnit('two.the-first', touch('1.txt')),
      onUnit('two.the-second', touch('2.txt')),
    ]),
    'src/a b.txt': 'x\n',
    'src/c.txt': 'x\n',
    'specs/each.md':
      '---\nfor-each: "src/*.txt"\ntouches: ["{file}"]\n---\n# Finish {file}\n\n## Acceptance criteria\n\n- [ ] {file} is done — check: `grep -q done {file}`\n',
    'specs/two.md':
      '---\ntouches: ["*.txt"]\n---\n# Two\n\n## Unit: The first\n\n### Acceptance criteria\n\n- [ ] 1 — check: `test -f 1.txt`\n\n## Unit: The second\n\n```yaml\ndepends: [two.the-first]\n```\n\n### Acceptance criteria\n\n- [ ] 2 — check: `test -f 2.txt`\n',
  });
  const report = await project.run(1);
  expect(statesOf(report)).toEqual({
    'each.src.a-b.txt': 'failed: check-failed',
    'each.src.c.txt': 'done',
    'two.the-first': 'done',
    'two.the-second': 'done',
  });
  expect(project.landed('specs/two.md').match(/\[x\]/g)?.length).toBe(2);
  expect((await project.backlog('show', 'each.src.a-b.txt')).stdout).toContain('check: `grep -q done src/a b.txt`');
});
