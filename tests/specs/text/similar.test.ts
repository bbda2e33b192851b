import { describe, expect, test } from 'vitest';
import { alikePairs, areAlike, type Said, wordsOf } from '../../../src/specs/text/similar.ts';

type Unit = string | readonly [title: string, ...criteria: string[]];

function said(unit: Unit): Said {
  const [title, ...criteria] = typeof unit === 'string' ? [unit] : unit;
  return { title, criteria };
}

function verdict(a: Unit, b: Unit): readonly [boolean, boolean] {
  const [one, other] = [wordsOf(said(a)), wordsOf(said(b))];
  return [areAlike(one, other), areAlike(other, one)];
}

const long = 'Importing a CSV file that begins with a byte order mark loses the name of its first column';

describe('two units ask for the same', () => {
  test.each<[Unit, Unit]>([
    ['Search ignores accents', 'search ignores accents.'],
    ['Search ignores accents', '**Search** should ignore the accents'],
    ['Search ignores accents', 'Accents are ignored in search'],
    ['Search finds García', 'Search finds garcia'],
    ["The parser doesn't read tabs", 'Parser does not read tabs'],
    ['Sort the results', 'Sorting results'],
    ['Cache the answers', 'Answers are cached'],
    ['Log retries', 'Log the retry'],
    ['Convert JSON to YAML', 'Convert the JSON to YAML'],
    ['搜索忽略重音', '搜索忽略重音。'],
    ['Fix it', 'Fix it'],
    ['The', 'the'],
    ['C++ builds', 'c++ build'],
    [
      ['Search ignores accents', '"garcia" finds "García"'],
      ['Search ignores accents', 'Garcia finds García — check: `npm test`'],
    ],
    [['Search ignores accents', '"garcia" finds "García"'], 'Search ignores accents'],
    [long, `${long} completely`],
    [long, long.replace('CSV', '"CSV"').replace('loses', 'it loses')],
  ])('%j and %j', (a, b) => {
    expect(verdict(a, b)).toEqual([true, true]);
  });
});

describe('two units only look alike', () => {
  test.each<[Unit, Unit]>([
    ['GET users', 'GET orders'],
    ['GET users', 'POST users'],
    [
      ['GET users', 'It has tests, docs and an entry in the changelog', 'It is green — check: `npm test`'],
      ['GET orders', 'It has tests, docs and an entry in the changelog', 'It is green — check: `npm test`'],
    ],
    ['Support version 1 of the API', 'Support version 2 of the API'],
    ['Support IPv4', 'Support IPv6'],
    ['Read .ts files', 'Read .tsx files'],
    ['Convert JSON to YAML', 'Convert YAML to JSON'],
    ['Import before export', 'Export before import'],
    ['Sort by name', 'Sort by name descending'],
    ['Delete users', 'Delete inactive users'],
    ['Add dark mode', 'Add dark mode to the settings'],
    ['Search ignores accents', 'Search ignores accents and case'],
    ['Search ignores accents', 'Search does not ignore accents'],
    [long, long.replace('begins', 'never begins')],
    [long, `${long} 2`],
    ['Log in', 'Log out'],
    ['Encode the names', 'Decode the names'],
    ['搜索忽略重音', '搜索忽略大小写'],
    ['Добавить поиск', 'Добавить фильтр'],
    ['C builds', 'C++ builds'],
    ['', ''],
    ['???', '!!!'],
    [
      ['Setup', 'Create the folder of the parser'],
      ['Setup', 'Install the packages that the server needs'],
    ],
  ])('%j and %j', (a, b) => {
    expect(verdict(a, b)).toEqual([false, false]);
  });
});

test('over a folder, each repeated unit is told once, with the first that it repeats', () => {
  const titles = [
    'Sort the results',
    'Fix it',
    'Sorting results',
    'GET users',
    'Results are sorted',
    'GET orders',
    'fix it',
  ];
  expect(alikePairs(titles.map((title) => wordsOf(said(title))))).toEqual([
    [0, 2],
    [0, 4],
    [1, 6],
  ]);
});

test('many units with the same words are compared with a limited number of others', () => {
  const many = Array.from({ length: 5000 }, (_, index) =>
    wordsOf({ title: 'Setup', criteria: [`Part ${index} works`] }),
  );
  expect(alikePairs(many)).toHaveLength(4999);
  const different = Array.from({ length: 5000 }, (_, index) => wordsOf({ title: `Setup of ${index}`, criteria: [] }));
  expect(alikePairs(different)).toEqual([]);
});
