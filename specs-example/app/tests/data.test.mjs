import assert from 'node:assert/strict';
import test from 'node:test';
import { books } from '../src/data.mjs';

test('every book has a title, an author and a year', () => {
  for (const book of books) {
    assert.equal(typeof book.title, 'string');
    assert.equal(typeof book.author, 'string');
    assert.ok(Number.isInteger(book.year));
  }
});
