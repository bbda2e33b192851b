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
  [
    'lists in members that mostly say something about criteria',
    [{ group: 'auth', required: ['A works', 'B works'], automated: ['C works'] }],
    ['A works', 'B works', 'C works'],
  ],
  [
    'a text, what is expected, and examples',
    [{ description: 'A person logs in', expected: 'The list is shown', examples: ['Ada'] }],
    ['A person logs in — expected: The list is shown', 'unread-criterion 78+7'],
  ],
  ['a title and a text', [{ title: 'Login', description: 'It works' }], ['Login — It works']],
  ['a title that is the beginning of the text', [{ title: 'Login', description: 'Login works' }], ['Login works']],
  ['a title that is the text', [{ title: 'Login', text: 'Login' }], ['Login']],
  [
    'a scenario with notes',
    [{ given: 'x', then: 'y', notes: ['n must hold'] }],
    ['Given x, then y', 'unread-criterion 34+15'],
  ],
  ['a scenario with a note', [{ given: 'x', then: 'y', note: 'n holds' }], ['Given x, then y — note: n holds']],
  [
    'sentences in place of remarks',
    [{ status: ['It is shown'], priority: 'It comes before all others', text: 'x' }],
    ['x — priority: It comes before all others', 'unread-criterion 12+15'],
  ],
  ['truth beside a text', [{ text: 'x', enabled: true }], ['x — enabled: true']],
  ['a list of things in place of files', [{ text: 'x', files: ['It is long'] }], ['x', 'unread-criterion 22+14']],
  ['an unknown list', [{ text: 'x', more: { a: [1] } }], ['x', 'unread-criterion 21+9']],
  ['an unknown list with nothing', [{ text: 'x', more: { a: [null, ''] } }], ['x']],
  // These say nothing that must hold.
  ['a topic', { category: 'What the people in the office do', tests: ['c'] }, ['c']],
  ['remarks', [{ text: 'x', priority: 'must have', status: 'in progress', required: true, tags: ['a'] }], ['x']],
  ['nothing', [null, '', [], {}, { id: 'x', done: true }], []],
])('criteria in JSON: %s', (_name, value, wanted) => {
  expect(shown(value)).toEqual(wanted);
});
