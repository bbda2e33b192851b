import { expect, test } from 'vitest';
import { findUnit, findUnits } from '../../src/engine/verbs/queue/find-units.ts';
import { idFromKey } from '../../src/model/ids.ts';
import { unasked, type UnitSpec } from '../../src/model/unit.ts';
import { openDatabase } from '../../src/queue/database.ts';
import { syncUnits } from '../../src/queue/sync.ts';
import { readDependents } from '../../src/queue/units.ts';
import { temporaryFolder } from '../support/project.ts';

function unitSpec(key: string, depends: readonly string[] = []): UnitSpec {
  return {
    ...unasked,
    ...{ id: idFromKey(key), key, title: key, kind: 'change', file: `${key}.md`, line: 1, body: '', criteria: [] },
    ...{ contentHash: `content of ${key}`, criteriaHash: `criteria of ${key}`, depends: depends.map(idFromKey) },
  };
}

test('units are found by key, id, or a beginning that fits one, and none is read that is not meant', () => {
  const database = openDatabase(temporaryFolder());
  const units = [
    unitSpec('Login'),
    unitSpec('login-page', ['Login']),
    unitSpec('Search-Box'),
    unitSpec('late', ['Login']),
    unitSpec('followups.more-tea'),
  ];
  syncUnits(database, { units, truth: () => ({ isDone: false, why: null }), at: 1, run: null });
  const before = new Set(database.statements);
  const keys = (...names: readonly string[]): string[] => findUnits(database, names).map(({ spec }) => spec.key);
  expect(keys('LOGIN', 'login', 'search', 'search-box')).toEqual(['Login', 'Search-Box']);
  expect(findUnit(database, 'login-p').spec.key).toBe('login-page');
  expect(readDependents(database, idFromKey('Login'))).toEqual(['login-page', 'late']);
  const asked = [...database.statements].filter((sql) => !before.has(sql));
  expect(asked.filter((sql) => /\bspec\b/.test(sql) && !sql.includes('where id = ?'))).toEqual([]);
  const said = (name: string): string => {
    try {
      return keys('login', name).join();
    } catch (error) {
      return String(error);
    }
  };
  expect(() => findUnit(database, 'more-tea')).toThrow(
    expect.objectContaining({
      diagnostics: [expect.objectContaining({ hint: 'Did you mean "followups.more-tea"?' })],
    }) as Error,
  );
  expect([said('l'), said('serch-box'), said('qqqqqqqq'), said('')].map((text) => text.split('\n')[0])).toEqual([
    expect.stringContaining('"l" could be Login, login-page, late'),
    expect.stringContaining('there is no unit "serch-box"'),
    expect.stringContaining('there is no unit "qqqqqqqq"'),
    expect.stringContaining('there is no unit ""'), // as a variable that is not set
  ]);
  database.close();
});
