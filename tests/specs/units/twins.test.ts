import { expect, test } from 'vitest';
import type { Draft } from '../../../src/specs/format/draft.ts';
import { withTwins } from '../../../src/specs/units/twins.ts';

function draft(key: string, title: string, more: Partial<Draft> = {}): Draft {
  return {
    ...{ key, title, isKeyExplicit: true, file: `${key}.md`, files: [`${key}.md`], line: 1, body: '', keys: {} },
    ...{ criteria: [], marks: [], isDone: false, problems: [], where: () => ({}) },
    ...more,
  };
}

const cases: readonly (readonly [title: string, twin: Partial<Draft> & { readonly title: string }, is: string])[] = [
  ['Lend a book', { title: 'Lend a book' }, 'has a file of its own'],
  ['Lend a book', { title: 'Lending', file: 'stories/1-2-lend-a-book.md' }, 'has a file of its own'],
  ['Lend a book', { title: 'Lend a book', isDone: true }, 'done'],
  ['本を貸す', { title: '本を貸す', isDone: true }, 'done'],
  ['Lend a book', { title: 'Return a magazine', isDone: true }, 'open'],
  ['', { title: '', isDone: true }, 'open'],
];

test('a mark of its own goes before a twin that is done', () => {
  const mark = { file: 'a.md', start: 1, end: 2, isDone: false, done: 'Done', open: 'Partial', of: 'a' };
  const [one] = withTwins([draft('e.1', 'A', { twin: '1', marks: [mark] }), draft('1', 'A', { isDone: true })]);
  expect([one?.isDone, one?.hold]).toEqual([false, undefined]);
});

test.each(cases)('a unit %j with the twin %j is %s', (title, twin, is) => {
  const [one, , last] = withTwins([
    draft('epics.1.2', title, { twin: '1.2' }),
    draft('1.2', twin.title, twin),
    draft('epics.1.3', 'Other', { keys: { depends: ['epics.1.2'] }, twin: '1.3' }),
  ]);
  expect(one?.isDone === true ? 'done' : (one?.hold ?? 'open')).toBe(is);
  expect(last?.keys.depends).toEqual([is === 'open' ? 'epics.1.2' : '1.2']);
});
