import assert from 'node:assert/strict';
import test from 'node:test';
import { toCsv } from '../src/csv.mjs';

test('a shelf becomes CSV with a header, and quotes where they are needed', () => {
  const books = [
    { title: 'A, B', author: 'C "D"', year: 1 },
    { title: 'E', author: 'F', year: 2 },
  ];
  assert.equal(toCsv(books), 'title,author,year\n"A, B","C ""D""",1\nE,F,2\n');
});
