import { expect, test } from 'vitest';
import { idFromKey, keyProblem } from '../../src/model/ids.ts';

const hashed = (start: string): RegExp => new RegExp(`^${start}-[0-9a-f]{8}$`);

test.each([
  ['1.10', '1.10'],
  ['007', '007'],
  ['12e5', '12e5'],
  ['BACK-635.1', 'back-635.1'],
  ['master:1', hashed('master-1')],
  ['a/b', hashed('a-b')],
  ['über', hashed('uber')],
  ['кнопка', hashed('unit')],
  ['ログイン', hashed('unit')],
  ['a..b', hashed('a\\.b')],
  ['x.lock', hashed('x\\.lock')],
  ['', hashed('unit')],
  ['n'.repeat(200), hashed('n'.repeat(55))],
])('every key has an id: %s', (key, id) => {
  expect(idFromKey(key)).toMatch(typeof id === 'string' ? new RegExp(`^${id.replaceAll('.', '\\.')}$`) : id);
});

test.each([
  ['a/b', 'a-b'],
  ['ключ', 'замок'],
  ['uber', 'über'],
  ['1.1', '1.10'],
  ['7', '007'],
])('%s and %s stay two', (one, other) => {
  expect(idFromKey(one)).not.toBe(idFromKey(other));
});

test('one key in two spellings of Unicode, or of case, is one', () => {
  expect([idFromKey('u\u0308ber'), idFromKey('ÜBER'), idFromKey('Auth')]).toEqual([
    idFromKey('über'),
    idFromKey('über'),
    'auth',
  ]);
});

test.each(['1.10', 'Кнопка-1', 'ログイン', 'A_b.c'])('%s can be written as an id', (key) => {
  expect(keyProblem(key)).toBeNull();
});

test.each(['', 'a b', '../x', '$(id)', '-x', 'x.lock', 'a..b', 'a/b', 'n'.repeat(65)])('%s cannot', (key) => {
  expect(keyProblem(key)).toContain('an id has 1 to 64 letters');
});
