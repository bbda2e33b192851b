import { expect, test } from 'vitest';
import { readSpecs } from '../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../support/project.ts';

/*
 * Files of almost 1 MB that once took the square of their size. They are read to their end, and say what they say, or
 * are refused.
 */

const size = 1_000_000;
const filled = (text: string): string => text.repeat(Math.floor(size / text.length));
const each = (text: (index: number) => string): string => {
  const parts: string[] = [];
  for (let length = 0; length < size; length += parts.at(-1)?.length ?? size) parts.push(text(parts.length));
  return parts.slice(0, -1).join('');
};

const criteria = '# A\n\n## Acceptance criteria\n\n';
const story = '# Story 1.1: A\n\n## Acceptance Criteria\n\n1. a\n\n## Tasks\n\n';

const files: readonly (readonly [what: string, file: string, text: string, said: readonly unknown[]])[] = [
  ['values of one key', 'todo.txt', `(A) b ${filled('a:b ')}\n`, [1, 'no-criteria 1']],
  ['parts of one task', 'todo.txt', each((at) => `(A) a${at} id:7\n(A) b${at} p:7\n`), [65948, 'no-criteria 65948']],
  ['empty cells', 'a.md', `${criteria}| a |\n|---|\n| a ${'| '.repeat(300_000)} b |\n`, [1]],
  ['cells with bars', 'a.md', `${criteria}| a |\n|---|\n| ${'\\|'.repeat(300_000)}a |\n`, [1]],
  ['more cells are refused', 'a.md', `${criteria}| a |\n|---|\n| a ${filled('| ')} b |\n`, [1, 'spec-too-costly 1']],
  ['text and code', 'a.md', `${criteria}- a ${filled('`a` & ')}\n`, [1]],
  ['ranges of criteria', 'docs/stories/1.1.story.md', `${story}${filled('- [ ] a (AC: 1-99999)\n')}`, [1]],
  ['colons in a title', 'TODO.md', `- [ ] ${filled(':')}a\n`, [1, 'no-criteria 1']],
  ['stray line ends', 'openspec/changes/a/tasks.md', `- [ ] 1.1 a${'\u2028'.repeat(size / 4)}b\n`, [1]],
  ['tasks of nothing but marks', 'todo.txt', filled('+a\n'), [333_333, 'no-criteria 333333']],
  ['underscores in a title', 'TODO.md', `- [ ] a${filled('_')}a\n`, [1, 'no-criteria 1']],
];

test.each(files)('%s', async (_what, file, text, said) => {
  const folder = temporaryFolder();
  writeFiles(folder, { [file]: text });
  const names = { folder, phases: [], agents: [], recipes: [], ignore: [] };
  const { units, diagnostics } = await readSpecs({ ...names, listTargetFiles: () => Promise.resolve([]) });
  const told = Map.groupBy(
    units.flatMap(({ problems }) => problems).filter(({ severity }) => severity === 'error'),
    ({ code }) => code,
  );
  expect([diagnostics, units.length, ...[...told].map(([code, { length }]) => `${code} ${length}`)]).toEqual([
    [],
    ...said,
  ]);
});

test('reading ends between two files when it is told to', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'a.md': '# A\n', 'b.md': '# B\n' });
  const stop = new AbortController();
  const names = { folder, phases: [], agents: [], recipes: [], ignore: [], signal: stop.signal };
  const reading = readSpecs({ ...names, listTargetFiles: () => Promise.resolve([]) });
  stop.abort(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
});

test('circles of many units are told in short sentences', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'todo.txt': each((at) => `(A) a id:k${at} dep:k${at + 1} dep:k0\n`) });
  const names = { folder, phases: [], agents: [], recipes: [], ignore: [] };
  const { units } = await readSpecs({ ...names, listTargetFiles: () => Promise.resolve([]) });
  const told = units.flatMap(({ problems }) => problems.filter(({ code }) => code === 'dependency-cycle'));
  expect([units.length - told.length, told.every(({ message }) => message.length < 300)]).toEqual([0, true]);
});
