import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { specRules } from '../../src/model/spec-rule.ts';

test('the documentation has every rule once, with a level, and no other', () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/specs.md'), 'utf8');
  const [, table = ''] = /^\| rule \| finds \| level \|\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(text) ?? [];
  const rows = table.trim().split('\n');
  const documented = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(documented).toHaveLength(specRules.length);
  expect(new Set(documented)).toEqual(new Set(specRules));
  for (const row of rows) expect(row).toMatch(/ \| (?:error|warning)[^|]* \|$/);
});
