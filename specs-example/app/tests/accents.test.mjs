import assert from 'node:assert/strict';
import test from 'node:test';
import { books } from '../src/data.mjs';
import { search } from '../src/search.mjs';

test('accents make no difference, in the query and in the books', () => {
  assert.deepEqual(search(books, 'garcia').map(({ book }) => book.year), [1967]);
  assert.deepEqual(search(books, 'Exupery').map(({ book }) => book.year), [1943]);
  assert.deepEqual(search(books, 'años').map(({ book }) => book.year), [1967]);
});
