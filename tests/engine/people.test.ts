import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { append, edit, onUnit, touch, whenBriefSays, write } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

const check = (file: string): string => `There — check: \`test -f ${file}\``;

test('with --review what is verified waits; what most wait for is shown first, then the smallest', async () => {
  const it = TestProject.make({
    ...scripted([
      'seq 2 > $BACKLOG_UNIT.txt',
      onUnit('big', 'seq 9 > big.txt'),
      onUnit('small', write('small.js', '1')),
    ]),
    ...Object.fromEntries(
      ['big', 'small', 'base'].map((unit) => [
        `specs/${unit}.md`,
        spec(unit, [`touches: [${unit}.txt, ${unit}.js]`], [check(`${unit}.txt`)]),
      ]),
    ),
    'specs/next.md': spec('next', ['touches: [next.txt]', 'depends: [base]'], [check('next.txt')]),
  });
  expect(statesOf(await it.run(5, '--review'))).toEqual({
    base: 'awaiting',
    big: 'awaiting',
    next: 'waiting',
    small: 'awaiting',
  });
  expect(it.landings()).toEqual([]);
  const shown = await it.backlog('review', '--no-diff');
  expect(shown.stdout.replace(/\d+ ms/g, '<ms>').replace(/[0-9a-f]{64}$/gm, '<digest>')).toBe(`base (base), +2 −0
all checks pass; it waits for your review
1 unit waiting for it: next
  ✓ There — check: \`test -f base.txt\` (proof)
      before: exit 1, <ms>
      now: exit 0, <ms>
      no canary: unknown test runner
  ? not reviewed for hard-coded or special-cased behaviour
backlog approve base --digest <digest>
backlog reject base -m "…"

small (small), +3 −0
all checks pass; it waits for your review
  ✓ There — check: \`test -f small.txt\` (proof)
      before: exit 1, <ms>
      now: exit 0, <ms>
      no canary: unknown test runner
  ? small.js:1: not covered by any check
  ? not reviewed for hard-coded or special-cased behaviour
backlog approve small --digest <digest>
backlog reject small -m "…"

big (big), +9 −0
all checks pass; it waits for your review
  ✓ There — check: \`test -f big.txt\` (proof)
      before: exit 1, <ms>
      now: exit 0, <ms>
      no canary: unknown test runner
  ? not reviewed for hard-coded or special-cased behaviour
backlog approve big --digest <digest>
backlog reject big -m "…"
`);
  expect((await it.backlog('review', 'small')).stdout).toContain('+++ b/small.txt\n');
  const { units } = JSON.parse((await it.backlog('review', 'small', '--json')).stdout) as {
    units: { digest: string }[];
  };
  const wrong = await it.backlog('approve', 'small', '--digest', 'abc');
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    `error: small changed since it was reviewed: the digest "abc" was named, and it is ${units[0]?.digest} now [change-differs]\n  Look again: "backlog review small".\n`,
  ]);
  const digest = units[0]?.digest ?? '';
  for (const part of ['', digest.slice(0, 12), digest.slice(0, 63)])
    expect((await it.backlog('approve', 'small', '--digest', part)).code).toBe(2);
  const approved = await it.backlog('approve', 'small', '--digest', digest);
  expect([approved.code, it.landings()]).toEqual([0, ['small']]);
  await it.backlog('reject', 'big', '-m', 'Less');
  expect(JSON.parse((await it.backlog('list', '--json')).stdout)).toMatchObject({
    units: [{ key: 'base', state: 'awaiting' }, { key: 'big', state: 'ready' }, {}, {}],
  });
});

test('an approval is for the change that was seen: when it becomes another on the new tip, it waits again', async () => {
  const it = TestProject.make({
    ...scripted(edit('list.txt', 's/two/TWO/')),
    'list.txt': 'zero\none\n2\n3\n4\n5\ntwo\n',
    'specs/x.md': spec('X', ['touches: [list.txt]'], ['x — check: `grep -q TWO list.txt`', '(human) It reads well']),
  });
  expect(statesOf(await it.run(5))).toEqual({ x: 'awaiting' });
  // Somebody lands half of it by hand: what is left is another change.
  it.git('switch', '--quiet', 'backlog/next');
  it.write({ 'list.txt': 'zero\none\n2\n3\n4\n5\nTWO\n' });
  it.commit('By hand');
  it.git('switch', '--quiet', 'main');
  const approved = await it.backlog('approve', 'x', '--allow-unsandboxed');
  expect(approved.code).toBe(5);
  expect(JSON.parse((await it.backlog('list', '--json')).stdout)).toMatchObject({
    units: [
      {
        state: 'awaiting',
        why: 'it was approved, but other work landed since and the change is different now (see "backlog review")',
      },
    ],
  });
});

test.each<[string, Readonly<Record<string, string>>, number]>([
  ['moves in its file: asked again', { 'list.txt': 'zero!\none\n2\n3\n4\n5\n6\ntwo\n' }, 5],
  ['is another file alone: kept', { 'other.txt': 'x\n' }, 0],
])('an approval when what lands meanwhile %s', async (_name, files, code) => {
  const it = TestProject.make({
    ...scripted(edit('list.txt', 's/two/TWO/')),
    'list.txt': 'zero\none\n2\n3\n4\n5\n6\ntwo\n',
    'specs/x.md': spec('X', ['touches: [list.txt]'], ['x — check: `grep -q TWO list.txt`', '(human) It reads well']),
  });
  expect(statesOf(await it.run(5))).toEqual({ x: 'awaiting' });
  it.git('switch', '--quiet', 'backlog/next');
  it.write(files);
  it.commit('By hand');
  it.git('switch', '--quiet', 'main');
  expect((await it.backlog('approve', 'x', '--allow-unsandboxed')).code).toBe(code);
  const review = (await it.backlog('review', 'x')).stdout.replace(/^index .*\n/gm, '');
  if (code === 0) expect(review).toBe('x does not wait for your approval.\n');
  else {
    // Both the difference and the whole are what would land, and not what the agent once made.
    const [difference, whole] = review.split('The whole change:');
    expect(difference).toMatch(/\nChanges since .* approved it:\n\n[^]*@@ -1,4 \+1,4 @@\n-zero\n\+zero!\n one/);
    expect(difference).not.toContain('+TWO');
    expect(whole).toMatch(/@@ -5,4 \+5,4 @@ one\n 4\n 5\n 6\n-two\n\+TWO\n/);
    expect(whole).not.toContain('-zero');
    // A yes to this one is a yes.
    expect((await it.backlog('approve', 'x', '--allow-unsandboxed')).code).toBe(0);
  }
});

test('a landed unit is undone: its change and its tick go, and it is open again with the words', async () => {
  const it = TestProject.make({
    ...scripted([
      write('$BACKLOG_UNIT.txt', 'loud'),
      whenBriefSays('took it back: Too loud', write('$BACKLOG_UNIT.txt', 'quiet')),
    ]),
    'specs/a.md': spec('A', ['touches: [a.txt]'], [check('a.txt')]),
    'specs/b.md': spec('B', ['touches: [b.txt]'], [check('b.txt')]),
  });
  await it.run(0, '--max-agents', '1');
  const undone = await it.backlog('undo', 'a', '-m', 'Too loud');
  expect([undone.code, undone.stdout.replace(/by [0-9a-f]{10}/, 'by <commit>')]).toEqual([
    0,
    'a is undone by <commit> on backlog/next, and ready again.\n',
  ]);
  expect(it.git('ls-tree', '-r', '--name-only', 'backlog/next', '--', 'a.txt', 'b.txt')).toBe('b.txt');
  expect(it.landed('specs/a.md')).toContain('- [ ]');
  expect(it.git('log', '-1', '--format=%B', 'backlog/next')).toMatch(
    /^Undo "A"\n\nToo loud\n\nBacklog-Unit: a\nBacklog-Undo: [0-9a-f]{40}\n*$/,
  );
  expect((await it.backlog('undo', 'a')).stderr).toBe(
    'error: a has no commit on backlog/next to undo: it is ready [not-landed]\n  See "backlog show a".\n',
  );
  expect(statesOf(await it.run(0))).toEqual({ a: 'done', b: 'done' });
  expect([it.landed('a.txt'), it.landed('b.txt')]).toEqual(['quiet', 'loud']);
  const log = (await it.backlog('log', 'a')).stdout.replace(/^\S+ \S+  /gm, '').replace(/[0-9a-f]{10}/g, '<commit>');
  expect(log.split('\n').filter((line) => /landed|undone/.test(line))).toEqual([
    'a: done ✓ landed as <commit> (+1 −0)',
    expect.stringMatching(/^a: back in the queue: undone by \w+: Too loud$/) as string,
    'a: done ✓ landed as <commit> (+1 −0)',
  ]);

  // What was merged, with its tick, is taken back as well.
  expect((await it.backlog('merge')).code).toBe(0);
  it.write({ 'mine.txt': 'mine\n' });
  it.commit('Mine');
  expect((await it.backlog('undo', 'b')).stdout).toMatch(/ and ready again\.$/m);
  expect((await it.backlog('list')).stdout).toMatch(/^ready {2}b /m);
  expect([statesOf(await it.run(0)), it.landed('b.txt')]).toEqual([{ a: 'done', b: 'done' }, 'loud']);
  expect([(await it.backlog('merge')).code, it.read('b.txt')]).toEqual([0, 'loud\n']);
});

test('nothing is undone that later work builds on, or that the branch needs', async () => {
  const it = TestProject.make({
    ...scripted(append('list.txt', '$BACKLOG_UNIT')),
    'list.txt': '',
    'specs/a.md': spec('A', ['touches: [list.txt]'], ['a — check: `grep -q a list.txt`']),
    'specs/b.md': spec('B', ['touches: [list.txt]', 'depends: [a]'], ['b — check: `grep -q b list.txt`']),
  });
  await it.run(0);
  const tip = it.git('rev-parse', 'backlog/next');
  const undo = await it.backlog('undo', 'a');
  expect([undo.code, undo.stderr]).toEqual([
    2,
    'error: later work changed the same lines as a, in list.txt [undo-conflict]\n  Undo what came later first; "git log backlog/next" shows it.\n',
  ]);
  expect(it.git('rev-parse', 'backlog/next')).toBe(tip);

  const other = TestProject.make({
    ...scripted(touch('$BACKLOG_UNIT.txt'), { checks: { whole: '! test -f b.txt || test -f a.txt' } }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], [check('a.txt')]),
    'specs/b.md': spec('B', ['touches: [b.txt]', 'depends: [a]'], [check('b.txt')]),
  });
  await other.run(0);
  const before = other.git('rev-parse', 'backlog/next');
  const red = await other.backlog('undo', 'a');
  expect([red.code, red.stderr.split('\n')[0]]).toEqual([
    2,
    'error: without a the branch would be red: `! test -f b.txt || test -f a.txt` [undo-red]',
  ]);
  expect(other.git('rev-parse', 'backlog/next')).toBe(before);
  expect(readdirSync(path.join(other.outside, 'cache'))).toEqual([]); // judging it left nothing behind
});
