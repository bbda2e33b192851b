import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendFollowup, type NewFollowup } from '../../src/specs/append.ts';
import { temporaryFolder } from '../support/project.ts';

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

test.each([
  ['a title of two lines that is an item', { title: 'a', body: '```' }],
  ['a command of several lines', { checks: ['a\n  - [ ] b'] }],
  ['a key that is no list', { touches: ['a, b'] }],
])('what would be read otherwise is refused, and nothing is written: %s', async (_name, followup) => {
  const folder = temporaryFolder();
  await added(folder, { title: 'First', claims: ['x'] });
  const before = readFileSync(path.join(folder, 'followups.md'), 'utf8');
  await expect(added(folder, { claims: ['y'], ...followup })).rejects.toThrow();
  expect(readFileSync(path.join(folder, 'followups.md'), 'utf8')).toBe(before);
});
