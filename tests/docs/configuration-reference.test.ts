import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { allKeys, page } from '../../scripts/configuration-reference.ts';
import { configSchema } from '../../src/model/config.ts';

test('the reference of the configuration is up to date', async () => {
  const file = path.resolve(import.meta.dirname, '../../docs/configuration-reference.md');
  expect(readFileSync(file, 'utf8')).toBe(await page());
});

test.each(allKeys().map(({ at, part, whole }) => [at.join('.'), part, whole] as const))(
  'the example of %s (%s) is valid',
  (_, __, whole) => {
    expect(configSchema.safeParse(whole).error?.issues ?? []).toEqual([]);
  },
);
