import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { printedBy } from '../../src/cli/json-outputs.ts';
import schemas from '../../src/cli/json-schemas.json' with { type: 'json' };

test('the page about reports has each kind of output with the commands that print it, and each has a schema', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/reports.md'), 'utf8');
  const [, table = ''] = page.split('| `kind` | printed by |\n|---|---|\n');
  const rows = table.split('\n\n')[0]?.split('\n');
  expect(rows).toEqual(Object.entries(printedBy).map(([kind, commands]) => `| \`${kind}\` | ${commands} |`));
  expect(Object.keys(schemas.kinds)).toEqual(Object.keys(printedBy).toSorted());
});
