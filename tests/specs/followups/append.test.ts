import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NewUnit } from '../../../src/specs/format/addition.ts';
import { appendUnit } from '../../../src/specs/formats/append.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { reader } from '../../../src/specs/followups/followups.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

const plain: NewUnit = {
  ...{ title: 'T', body: '', criteria: [], claims: [], checks: [], depends: [], touches: [] },
  ...{ priority: null, isDraft: false, at: Date.UTC(2026, 0, 2, 3, 4) },
};

async function append(folder: string, unit: Partial<NewUnit>, file = 'followups.md'): ReturnType<typeof appendUnit> {
  return appendUnit({ folder, file, paths: [file], ignore: [] }, { ...plain, ...unit });
}

async function added(folder: string, unit: Partial<NewUnit>): Promise<string[]> {
  const draft = await append(folder, unit);
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
  const draft = await append(temporaryFolder(), { title, claims: ['holds'] });
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
  const draft = await append(folder, {
    claims: ['x'],
    touches: ['src/**', name, 'lib/**'],
    depends: ['a_b', 'c'],
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
  const draft = await append(temporaryFolder(), {
    checks: [command],
    criteria: command.includes('`') ? [] : [`It holds — check: \`${command.trim()}\``],
  });
  expect(new Set(draft.criteria.map(({ criterion }) => criterion.command))).toEqual(new Set([command.trim()]));
});

const scripts = [
  'npm ci\nnpm test',
  '\n\n  npm ci\n\n\tnpm test  \n\n',
  'cd app\rtest -f x\r\ntrue',
  'cat <<END\n```\n- [ ] x\n<!--\nEND\ntrue',
  '````\n~~~\n    indented\n# Heading\n---',
];

test.each(scripts)(
  'the lines of the check %j are read back as they were given, in every kind of file',
  async (check) => {
    const lines = check.replace(/\r\n?/g, '\n').replace(/^\n+/, '').trimEnd();
    const before = { 'followups.md': '# F\r\n\r\n- [ ] A\r\n  - [ ] a\r\n', 'units.md': '# U\n\n## Unit: A\n' };
    const folder = temporaryFolder();
    writeFiles(folder, before);
    for (const file of ['followups.md', 'units.md', 'new/er.md']) {
      const draft = await append(folder, { claims: ['first'], checks: [check, 'last'] }, file);
      expect(draft.criteria.map(({ criterion }) => criterion.command)).toEqual([null, `set -e\n${lines}`, 'last']);
    }
  },
);

test.each([
  [
    'a criterion whose check has two lines',
    { criteria: ['It holds — check: `cd app\n test -f x`'] },
    /the check in a criterion is one line/,
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

test('nothing is appended to a file in the style of another project', async () => {
  const folder = temporaryFolder();
  const text = '# Follow-ups\n\n## Slow start\n\n- **Where:** a.ts\n- **Fix shape:** cache it\n';
  writeFiles(folder, { 'followups.md': text });
  await expect(append(folder, { claims: ['it is fast'] })).rejects.toMatchObject({
    diagnostics: [{ code: 'takes-no-unit' }],
  });
  expect(readFileSync(path.join(folder, 'followups.md'), 'utf8')).toBe(text);
});
