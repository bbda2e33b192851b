import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/cli/format-diagnostic.ts';

test('a diagnostic is a line, the source, and a hint, whatever it quotes', () => {
  const lines = 'q" [ok]\n\nno problem in 5 files\r\n\u2028x\u0085\u001B[2J';
  const line = 'q" [ok] no problem in 5 files x ';
  expect(
    formatDiagnostic({
      ...{
        severity: 'error',
        code: 'unknown-dependency',
        message: `there is no unit "${lines}"`,
        file: `a${lines}.md`,
      },
      ...{ line: 3, column: 2, sourceLine: '\tq', length: 1, hint: `Remove it.\n  Or did you mean "${lines}"?` },
    }).split('\n'),
  ).toEqual([
    `a${line}.md:3:2 error: there is no unit "${line}" [unknown-dependency]`,
    '     q',
    '     ~',
    '  Remove it.',
    '  Or did you mean "q" [ok]',
    '  ',
    '  no problem in 5 files',
    '  x "?',
  ]);
});

test('blanks within a line stay as they are', () => {
  expect(formatDiagnostic({ severity: 'warning', code: 'a-b', message: 'the  file "a b" is\u00a0odd' })).toBe(
    'warning: the  file "a b" is\u00a0odd [a-b]',
  );
});

test('of a long line, what is around the place is shown', () => {
  const line = `${'a'.repeat(150)}[x]${'b'.repeat(200)}`;
  const shown = (column: number, length: number): string[] =>
    formatDiagnostic({
      ...{ severity: 'error', code: 'a-b', message: 'no', file: 'a.json', line: 1 },
      ...{ column, length, sourceLine: line },
    })
      .split('\n')
      .slice(1);
  expect(shown(151, 3)).toEqual([`    …${'a'.repeat(80)}[x]${'b'.repeat(117)}…`, `    ${' '.repeat(81)}~~~`]);
  expect(shown(151, 900)).toEqual([
    `    …${'a'.repeat(80)}[x]${'b'.repeat(117)}…`,
    `    ${' '.repeat(81)}${'~'.repeat(120)}`,
  ]);
  expect(shown(1, 2)).toEqual([`    ${'a'.repeat(150)}[x]${'b'.repeat(47)}…`, '    ~~']);
  expect(shown(353, 2)).toEqual([`    …${'b'.repeat(81)}`, `    ${' '.repeat(81)}~~`]);
});
