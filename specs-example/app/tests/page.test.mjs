import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from '../src/page.mjs';

test('results become a list, best first as they come', () => {
  const results = [
    { book: { title: 'A', author: 'B', year: 1 }, score: 2 },
    { book: { title: 'C', author: 'D', year: 2 }, score: 1 },
  ];
  assert.equal(page('x', results), '<h1>x</h1>\n<ol>\n<li><b>A</b>, B (1)</li>\n<li><b>C</b>, D (2)</li>\n</ol>\n');
});

test('text is escaped', () => {
  const results = [{ book: { title: '<i>', author: '"&"', year: 1 }, score: 1 }];
  assert.equal(page('<script>', results), '<h1>&lt;script&gt;</h1>\n<ol>\n<li><b>&lt;i&gt;</b>, &quot;&amp;&quot; (1)</li>\n</ol>\n');
});

test('no results are said, not shown as an empty list', () => {
  assert.equal(page('x', []), '<h1>x</h1>\n<p>Nothing found.</p>\n');
});
