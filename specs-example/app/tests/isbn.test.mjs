import assert from 'node:assert/strict';
import test from 'node:test';
import { isIsbn } from '../src/isbn.mjs';

test('an ISBN-13 is known by its check digit, with or without dashes', () => {
  assert.ok(isIsbn('978-0-306-40615-7'));
  assert.ok(isIsbn('9780306406157'));
  assert.ok(!isIsbn('978-0-306-40615-8'));
});

test('an ISBN-10 may end in X, which stands for ten', () => {
  assert.ok(isIsbn('0-306-40615-2'));
  assert.ok(isIsbn('0-8044-2957-X'));
  assert.ok(!isIsbn('0-8044-2957-0'));
});

test('anything else is none', () => {
  for (const text of ['', '12345', 'X804429570', '978030640615X', '97803064061577']) assert.ok(!isIsbn(text), text);
});
