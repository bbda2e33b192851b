import { describe, expect, test } from 'vitest';
import { findBadNames, linkLeaves } from '../../../src/repo/worktrees/portable-names.ts';

const base = ['README.md', 'src/index.ts', 'src/caf\u00e9.ts', 'src/stra\u00dfe.ts', 'docs/K.md'];
const why = (...added: readonly string[]): string | null => findBadNames(added, [...base, ...added])[0]?.why ?? null;

describe('the same name elsewhere', () => {
  test.each([
    ['case', ['readme.md']],
    ['case in a folder', ['SRC/index.ts']],
    ['composed and decomposed letters', ['src/cafe\u0301.ts']],
    ['sharp s', ['src/strasse.ts']],
    ['the Kelvin sign', ['docs/\u212a.md']],
    ['a long s', ['\u017frc/index.ts']],
    ['a ligature', ['of\ufb01ce', 'office']],
    ['a character without width', ['src/in\u200bdex.ts']],
    ['a blank at the end', ['src/index.ts ']],
    ['a dot at the end of a folder', ['src./index.ts']],
    ['a file like a folder', ['SRC']],
    ['a folder like a file', ['readme.MD/more']],
    ['two new ones', ['a/b', 'A/B']],
  ])('%s', (_name, added) => expect(why(...added)).not.toBeNull());

  test('twins that are there already are nobody’s fault', () =>
    expect(findBadNames(['new.ts'], [...base, 'readme.md', 'new.ts'])).toEqual([]));
});

test.each([
  '.git/config',
  '.GIT/config',
  'a/.git',
  'git~1/config',
  'GIT~2',
  '.git./config',
  '.git ',
  '.git...',
  '.git::$INDEX_ALLOCATION/config',
  '.git:x',
  '.g\u200cit/config',
  '.\ufeffgit',
  '\uff0egit',
  'gi7eba~1',
])('%j poses as a git folder', (path) => expect(why(path)).toBe('its name poses as a git folder'));

test.each([
  ['a\\..\\..\\.git\\config', 'backslash'],
  ['a\nb', 'control'],
  ['a\u001b[2J', 'control'],
  ['a\u2028b', 'control'],
  ['bad\ufffd', 'UTF-8'],
  ['aux', 'device'],
  ['src/CON.txt', 'device'],
  ['com1', 'device'],
  ['nul .txt', 'device'],
  ['dot.', 'end'],
  ['blank ', 'end'],
  ['a:b', 'character'],
  ['what?', 'character'],
  [`${'folder/'.repeat(33)}x`, 'more than 230 characters'],
  ['é'.repeat(128), 'more than 255 bytes'],
])('%j is refused', (path, word) => expect(why(path)).toContain(word));

test.each([
  '.gitignore',
  '.gitattributes',
  '.github/workflows/ci.yml',
  '.git-blame-ignore-revs',
  'src/git.ts',
  'src/auxiliary.ts',
  'src/console.log.ts',
  'src/com10.ts',
  'src/[id]/(group)/page@2x.tsx',
  'docs/über uns & mehr, 漢字 🙂.md',
  'a..b',
  '..a',
  '.env.example',
  "it's.md",
  'x~1',
])('%j is a name like any other', (path) => expect(why(path)).toBeNull());

test('a repository that has such names is not used on Windows: more of the kind may come', () => {
  expect(findBadNames(['src/aux.h'], ['src/aux.c', 'src/aux.h'])).toEqual([]);
  expect(findBadNames(['a:b'], ['src/aux.c', 'a:b'])).toHaveLength(1);
});

test.each([
  ['a/x', '../b', false],
  ['a/x', './y/../z', false],
  ['x', '../b', true],
  ['a/x', '../../b', true],
  ['x', '/etc/passwd', true],
  ['x', 'C:/Windows', true],
  ['x', '..\\..\\b', true],
  ['x', '.git/config', true],
  ['a/x', '../git~1/config', true],
  ['a/x', '../.g\u200cit/hooks', true],
])('a link at %s to %j leaves: %s', (path, target, expected) => expect(linkLeaves(path, target)).toBe(expected));

test('fifty thousand names take no time to compare', { timeout: 30_000 }, () => {
  const all = Array.from({ length: 50_000 }, (_, i) => `packages/p${i % 500}/src/deep/down/f${i}.ts`);
  expect(findBadNames(all, all)).toEqual([]);
});
