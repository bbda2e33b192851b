import assert from 'node:assert/strict';
import test from 'node:test';
import { createShelf } from '../src/shelf.mjs';

const book = { title: 'Frankenstein', author: 'Mary Shelley', year: 1818 };

test('a shelf lists its books in the order in which they were added', () => {
  const shelf = createShelf();
  shelf.add(book);
  shelf.add({ ...book, title: 'The Last Man', year: 1826 });
  assert.deepEqual(shelf.all().map((each) => each.title), ['Frankenstein', 'The Last Man']);
});

test('the same title by the same author is refused', () => {
  const shelf = createShelf([book]);
  assert.throws(() => shelf.add({ ...book, year: 1831 }), /already/);
  assert.equal(shelf.all().length, 1);
});

test('a book that is not one is refused', () => {
  assert.throws(() => createShelf([{ title: '' }]), /title/);
});
