import path from 'node:path';
import { expect, test } from 'vitest';
import { onUnit, touch, write } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

test('specs that an agent writes are put back, and kept as proposals; what only looks like one is not', async () => {
  const files: Readonly<Record<string, string>> = {
    'specs/new.md': spec('New', [], ['N — check: `true`']),
    'specs/deep/er.md': spec('Deeper', [], ['D']),
    'specs/same.md': spec('Same', [], ['D']),
    'specs/pay.md': spec('Rewrite the payment module', [], ['v — check: `test -f v.txt`']),
    'specs/u.md': spec('U', [], ['Anything — check: `true`']),
    'specs/v.md': spec('V', [], ['v — check: `test -f v.txt`']).replaceAll('What and why', 'In other words'),
    'specs/followups.md': '- [ ] Then this\n  - it holds\n',
    'specs/README.md': spec('Read me', [], ['R']),
    'specs/.hidden/h.md': spec('Hidden', [], ['H']),
    'specs/old/o.md': spec('Old', [], ['O']),
    'specs/notes.txt': spec('Text', [], ['T']),
    'docs/d.md': spec('Elsewhere', [], ['E']),
  };
  const written = Object.entries(files).flatMap(([name, text]) => [
    `mkdir -p ${path.dirname(name)}`,
    write(name, text.trimEnd()),
  ]);
  const it = TestProject.make({
    ...scripted([touch('$BACKLOG_UNIT.txt'), onUnit('u', ...written)], {
      ignore: ['old/**'],
    }),
    'specs/u.md': spec('U', [], ['u — check: `test -f u.txt`']),
    'specs/v.md': spec('V', ['depends: [u]'], ['v — check: `test -f v.txt`']),
  });
  const before = it.read('specs/u.md');
  await it.run(0);
  const landed = it.git('ls-tree', '-r', '--name-only', 'backlog/next').split('\n');
  expect(landed.filter((file) => /new|deep|same|pay|followups|README|hidden|old|docs/.test(file))).toEqual([
    'docs/d.md',
    'specs/old/o.md',
  ]);
  expect(it.landed('specs/u.md')).toBe(before.replace('[ ]', '[x]').trimEnd());
  const { stdout } = await it.backlog('list', 'specs', '--json');
  const { units } = JSON.parse(stdout) as { units: { title: string; state: string; why: string }[] };
  const proposed = units.filter(({ state }) => state === 'proposed');
  expect(proposed.map(({ title, why }) => `${title}: ${why}`).toSorted()).toEqual(
    ['Deeper', 'New', 'Rewrite the payment module', 'Same', 'Then this', 'U'].map((title) => `${title}: proposed by u`),
  );
  expect(await it.backlog('run', 'specs')).toMatchObject({
    code: 0,
    stdout: 'Nothing to do: everything in this folder is done.\nMerge it: backlog merge\n',
  });
});

test('specs that an agent writes where they would be found without a folder are put back, and become proposals', async () => {
  const { 'specs/backlog.config.json': config } = scripted([
    touch('$BACKLOG_UNIT.txt'),
    onUnit(
      'u',
      'mkdir -p specs .kiro/specs/e docs packages/a/specs',
      write('specs/e.md', spec('Evil', [], ['E — check: `true`']).trimEnd()),
      write('packages/a/specs/f.md', spec('Farther', [], ['F']).trimEnd()),
      write('TODO.md', '- [ ] Wash', '  - [ ] it is clean', '- [ ] Dry', '  - [ ] it is dry'),
      write('specs/openapi.yaml', 'openapi: 3'),
      write('docs/d.md', spec('Elsewhere', [], ['E']).trimEnd()),
    ),
  ]);
  const it = TestProject.make({
    'plans/backlog.config.json': config,
    'plans/u.md': spec(
      'U',
      [],
      ['u — check: `test -f u.txt`', 'Described — check: `grep -q openapi specs/openapi.yaml`'],
    ),
    'plans/v.md': spec('V', ['depends: [u]'], ['v — check: `test -f v.txt`']),
    'TODO.md': '- [ ] Wash\n  - [ ] it is clean\n',
  });
  expect(await it.backlog('run', 'plans', '--only', 'u')).toMatchObject({ code: 0 });
  expect(it.git('diff', '--name-only', 'main', 'backlog/next').split('\n')).toEqual([
    'docs/d.md',
    'plans/u.md',
    'specs/openapi.yaml',
    'u.txt',
  ]);
  const { stdout } = await it.backlog('list', 'plans', '--json');
  const { units } = JSON.parse(stdout) as { units: { title: string; state: string }[] };
  expect(units.map(({ title, state }) => `${title}: ${state}`).toSorted()).toEqual([
    'Dry: proposed',
    'Evil: proposed',
    'Farther: proposed',
    'U: done',
    'V: ready',
  ]);
});

test('what an agent lists without criteria becomes a proposal, unless it is there or done', async () => {
  const it = TestProject.make({
    ...scripted([
      touch('u.txt'),
      'mkdir -p .kiro/specs/x packages/a/specs',
      write('specs/followups.md', '- [ ] Handle accents', '- [ ] Known', '- [x] Done'),
      write('specs/new.md', '# Handle names', '', 'Because.'),
      write('specs/u.md', '# U, otherwise'),
      write('specs/page.md', '# The page, edited'),
      write('specs/README.md', '# Read me'),
      write('TODO.md', '# TODO', '', '- [ ] Sort', '- [ ] known', '- [ ] ~~Given up~~'),
      write('.kiro/specs/x/tasks.md', '# Plan', '', '- [ ] 1. Handle dates', '  - They are found'),
      write('docs.md', '# Elsewhere'),
    ]),
    'specs/u.md': spec('U', [], ['u — check: `test -f u.txt`']),
    'specs/page.md': '# The page\n\nIt is here.\n',
    'specs/followups.md': '- [ ] Known\n',
  });
  expect(await it.backlog('run', 'specs', '--only', 'u')).toMatchObject({ code: 0 });
  expect(it.git('diff', '--name-only', 'main', 'backlog/next').split('\n')).toEqual(['docs.md', 'specs/u.md', 'u.txt']);
  const { stdout } = await it.backlog('list', 'specs', '--json');
  const { units } = JSON.parse(stdout) as { units: { title: string; state: string }[] };
  const proposed = units.filter(({ state }) => state === 'proposed').map(({ title }) => title);
  expect(proposed.toSorted()).toEqual(['Handle accents', 'Handle dates', 'Handle names', 'Sort']);
});
