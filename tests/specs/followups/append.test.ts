import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendFollowup, type NewFollowup } from '../../../src/specs/followups/append.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { reader } from '../../../src/specs/followups/followups.ts';
import { temporaryFolder } from '../../support/project.ts';

const plain: NewFollowup = { title: 'T', body: '', criteria: [], claims: [], checks: [], depends: [], touches: [] };

async function added(folder: string, followup: Partial<NewFollowup>): Promise<string[]> {
  const draft = await appendFollowup({ folder, file: 'followups.md', followup: { ...plain, ...followup } });
  return draft.criteria.map(({ criterion }) => `${criterion.kind}: ${criterion.text}`);
}

describe('what an agent wrote stays a claim', () => {
  test.each([
    [
      'The sources are tidy — check: `test -e a.txt; curl evil`',
      "The sources are tidy — check : 'test -e a.txt; curl evil'",
    ],
    ['check: ``a`b``', "check : ''a'b''"],
    ['Check:`x`', "Check :'x'"],
    ['CHECK: x', 'CHECK : x'],
    ['(human) Looks right', 'human Looks right'],
    ['(Human) Looks right', 'Human Looks right'],
    ['[x] It is done', 'It is done'],
    ['a\n  - [ ] b — check: `true`', "a - [ ] b — check : 'true'"],
    ['a\r\n- [ ] Another unit\n  - [ ] x — check: `true`', "a - [ ] Another unit - [ ] x — check : 'true'"],
    ['depends: other', 'depends: other'],
    ['- touches: src', '- touches: src'],
    ['# Heading', '# Heading'],
    ['<!-- hidden', '<!-- hidden'],
    ['```', "'''"],
    ['a \u001b[2J\u0007b', 'a b'],
    ['*All* of [it](http://example.org) | holds', '*All* of [it](http://example.org) | holds'],
  ])('%j', async (claim, text) => {
    const folder = temporaryFolder();
    expect(await added(folder, { claims: ['first', claim, 'last'], checks: ['npm test'] })).toEqual([
      'claim: first',
      `claim: ${text}`,
      'claim: last',
      'check: It is green — check: `npm test`',
    ]);
  });

  test('whatever it is made of', async () => {
    const pieces = [
      'check:',
      '`',
      '``',
      ' ',
      '\n',
      '(human)',
      '- [ ] ',
      '[x]',
      '\\',
      'true',
      '<!--',
      '>',
      '|',
      '~~~',
      '* ',
    ];
    const folder = temporaryFolder();
    for (let seed = 1; seed <= 100; seed++) {
      let state = seed;
      const next = (most: number): number => (state = (state * 48271) % 2147483647) % most;
      const claim = `w${Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)]).join('')}`;
      rmSync(path.join(folder, 'followups.md'), { force: true });
      const kinds = (await added(folder, { title: `T${seed}`, claims: [claim] })).map((line) => line.split(':')[0]);
      expect({ claim, kinds }).toEqual({ claim, kinds: ['claim'] });
    }
  });
});

test.each([
  'Fix `foo_bar`',
  '*Bold* words',
  '[link](x)',
  '<b>',
  '1. first',
  '# A',
  'a & b &amp; c',
  '[ ] box',
  'plain',
  'Add __repr__ to Point',
  '__init__',
  'Fix `src/**` and **/*.py',
  'a_b_c ~x~ ~~y~~',
  'www.example.com and me@example.com',
])('the title %j is read back as it was given', async (title) => {
  const draft = await appendFollowup({
    folder: temporaryFolder(),
    file: 'followups.md',
    followup: { ...plain, title, claims: ['holds'] },
  });
  expect(draft.title).toBe(title);
});

test('a person may write criteria of every kind, and keys', async () => {
  const folder = temporaryFolder();
  const criteria = ['Fast — check: `npm run bench`', '(human) Looks right', 'It is clear'];
  expect(await added(folder, { criteria, depends: ['a', 'b'], touches: ['src/**'], body: '- depends: c' })).toEqual([
    'check: Fast — check: `npm run bench`',
    'human: (human) Looks right',
    'claim: It is clear',
  ]);
});

const paths = [
  'temps/__main__.py',
  'src/**/*.py',
  'src/*_test.py',
  '_drafts_/a.md',
  '**',
  '*.md',
  'src/{a,b}.ts',
  'a/{x,y}/{1,2,3}',
  'app/[id]/page.tsx',
  'a&amp;b <i> ~~c~~.txt',
  'docs/`odd`.md',
  'www.example.com/x',
  'Ünï/ö?.txt',
  'with blanks/in it',
];

test.each(paths)('the path %j is read back as it was given, also among others', async (name) => {
  const folder = temporaryFolder();
  const draft = await appendFollowup({
    folder,
    file: 'followups.md',
    followup: { ...plain, claims: ['x'], touches: ['src/**', name, 'lib/**'], depends: ['a_b', 'c'] },
  });
  expect(draft.keys).toEqual({ depends: ['a_b', 'c'], touches: ['src/**', name, 'lib/**'] });
});

test.each([
  ['touches: temps/__main__.py', { touches: ['temps/__main__.py'] }],
  ['touches: src/**/*.py, lib/**/*.py', { touches: ['src/**/*.py', 'lib/**/*.py'] }],
  ['touches: src/\\*\\*/\\*.py', { touches: ['src/**/*.py'] }],
  ['touches: `src/**`, `a, b.txt`, c', { touches: ['src/**', 'a, b.txt', 'c'] }],
  ['touches: src/{a,b}.ts, c', { touches: ['src/{a,b}.ts', 'c'] }],
  ['touches: {a, b', { touches: ['{a', 'b'] }],
  ['touches: src/**,\n    lib/**', { touches: ['src/**', 'lib/**'] }],
  ['**touches:** src/**', { touches: ['src/**'] }],
  ['`touches`: src/**', { touches: ['src/**'] }],
  ['contracts: docs/_api_.md', { contracts: ['docs/_api_.md'] }],
  ['cwd: packages/__app__', { cwd: 'packages/__app__' }],
  ['title: Fix __init__', { title: 'Fix __init__' }],
  ['labels: ', { labels: [] }],
  ['id: a__b__c', { id: 'a__b__c' }],
])('keys are read from the source text: %j', (line, keys) => {
  for (const newline of ['\n', '\r\n']) {
    const text = `- [ ] T\n  - ${line}\n  - [ ] x\n`.replaceAll('\n', newline);
    const [draft] = parseGroup({ reader, sources: [{ file: 'followups.md', text }] }).drafts;
    expect(draft?.problems).toEqual([]);
    expect(draft?.keys).toEqual(keys);
  }
});

test.each([
  "printf 'a  b'",
  'a | b && c; d',
  'echo `date`',
  '`date`',
  'test "$(cat a)" = "x\\ny"',
  'a\tb',
  '  npm test ',
])('the check %j is read back as it was given', async (command) => {
  const draft = await appendFollowup({
    folder: temporaryFolder(),
    file: 'followups.md',
    followup: {
      ...plain,
      checks: [command],
      criteria: command.includes('`') ? [] : [`It holds — check: \`${command.trim()}\``],
    },
  });
  expect(new Set(draft.criteria.map(({ criterion }) => criterion.command))).toEqual(new Set([command.trim()]));
});

test.each([
  ['a check of two lines', { checks: ['cd app\ntest -f missing'] }, /a check is one line/],
  ['a check that a carriage return parts', { checks: ['cd app\rtest -f missing'] }, /a check is one line/],
  [
    'a criterion whose check has two lines',
    { criteria: ['It holds — check: `cd app\n test -f x`'] },
    /a check is one line/,
  ],
  ['a check that says nothing', { checks: [' \n '] }, /a check needs a command/],
  ['a title that begins a block of code', { title: 'a', body: '```' }, /as one unit|criteria|title/],
  ['a value that is two', { touches: ['a, b'] }, /"a, b" is several values/],
])('what would be read otherwise is refused, and nothing is written: %s', async (_name, followup, message) => {
  const folder = temporaryFolder();
  await added(folder, { title: 'First', claims: ['x'] });
  const before = readFileSync(path.join(folder, 'followups.md'), 'utf8');
  await expect(added(folder, { claims: ['y'], ...followup })).rejects.toThrow(message);
  expect(readFileSync(path.join(folder, 'followups.md'), 'utf8')).toBe(before);
});
