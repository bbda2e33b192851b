import assert from 'node:assert/strict';
import test from 'node:test';
import { makeBook } from '../src/book.mjs';

test('a book keeps its title, author and year, trimmed and frozen', () => {
  const book = makeBook({ title: '  Frankenstein ', author: 'Mary Shelley', year: 1818 });
  assert.deepEqual(book, { title: 'Frankenstein', author: 'Mary Shelley', year: 1818 });
  assert.ok(Object.isFrozen(book));
});

test('a book without a title, an author or a whole year is refused by name', () => {
  assert.throws(() => makeBook({ title: ' ', author: 'a', year: 1 }), /title/);
  assert.throws(() => makeBook({ title: 't', author: '', year: 1 }), /author/);
  assert.throws(() => makeBook({ title: 't', author: 'a', year: 1.5 }), /year/);
});
