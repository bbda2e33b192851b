import assert from 'node:assert/strict';
import test from 'node:test';
import { books } from '../src/data.mjs';
import { search } from '../src/search.mjs';

test('results have the shape of the contract', () => {
  const [first] = search(books, 'frankenstein');
  assert.deepEqual(first, { book: books[3], score: 2 });
});

test('a word in the title counts more than one in the author', () => {
  const found = search(books, 'le');
  assert.deepEqual(
    found.map(({ book, score }) => [book.title, score]),
    [
      ['Le Petit Prince', 2],
      ['The Left Hand of Darkness', 1],
      ['The Dispossessed', 1],
    ],
  );
});

test('all words must be found, and an empty query finds nothing', () => {
  assert.equal(search(books, 'guin darkness').length, 1);
  assert.deepEqual(search(books, 'guin frankenstein'), []);
  assert.deepEqual(search(books, '  '), []);
});
