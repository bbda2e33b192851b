/* eslint-disable unicorn/no-thenable -- scenarios have such a member */
import { expect, test } from 'vitest';
import { readStated } from '../../../src/specs/format/json-criteria.ts';
import { readJsonTree } from '../../../src/specs/text/json-tree.ts';

function shown(value: unknown): string[] {
  const source = { file: 'a.json', text: JSON.stringify(value) };
  const json = readJsonTree(source);
  if ('severity' in json) throw new Error(json.message);
  const { criteria, unread } = readStated(source, json);
  return [
    ...criteria.map(({ criterion }) => criterion.text),
    ...unread.map(({ code, column, length }) => `${code} ${column}+${length}`),
  ];
}

test.each([
  ['texts and numbers', ['a', 3, '- b'], ['a', '3', 'b']],
  ['a text', 'a is b', ['a is b']],
  ['a number', 7, ['7']],
  ['a list as a text', '- a\n- b', ['a', 'b']],
  ['a list with a line of prose', '- a\nmore\n- c', ['a more', 'c']],
  ['a list with a paragraph', '- a\n\nprose\n\n- c', ['a', 'c', 'unread-criterion 1+21']],
  ['a list below a sentence', 'Test these\n- a\n- b', ['a', 'b', 'unread-criterion 1+22']],
  ['prose with one dash', 'Test the value\n- 3 and more', ['Test the value - 3 and more']],
  ['a scenario', [{ given: 'x', when: 'y', then: 'z' }], ['Given x, when y, then z']],
  ['a scenario in another order', [{ Then: 'z', Given: 'given x' }], ['Given x, then z']],
  ['a scenario alone', { given: 'x', when: 'y', then: 'z' }, ['Given x, when y, then z']],
  ['steps of several lines', [{ given: ['a', 'b'], then: ['c'] }], ['Given a and b, then c']],
  ['a scenario with a name', [{ title: 'S', when: 'y', then: 'z' }], ['S — when y, then z']],
  ['nested lists', ['a', ['b', ['c']]], ['a', 'b', 'c']],
  ['groups', { functional: ['a', 'b'], speed: 'c' }, ['a', 'b', 'c']],
  [
    'groups in a list',
    [
      { functional: ['a'], speed: 'b' },
      { category: 'x', tests: ['c'] },
    ],
    ['a', 'b', 'c'],
  ],
  ['groups of groups', { a: { b: { c: ['d'] } } }, ['d']],
  ['a text with more below it', [{ title: 'a', criteria: ['b'], files: ['x.ts'] }], ['a', 'b']],
  ['a text with remarks', [{ id: 'AC-1', text: 'a', priority: 1, files: ['x.ts'], done: false }], ['a']],
  ['an object of unknown members', [{ id: 1, input: 'a', output: 'b' }], ['input: a, output: b']],
  ['truth', ['a', true], ['a', 'unread-criterion 6+4']],
  ['truth by name', { login: true, logout: 'works' }, ['works', 'unread-criterion 10+4']],
  ['nothing', [null, '', [], {}, { id: 'x', done: true }], []],
])('criteria in JSON: %s', (_name, value, wanted) => {
  expect(shown(value)).toEqual(wanted);
});
