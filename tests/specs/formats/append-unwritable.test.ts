import { expect, test } from 'vitest';
import type { NewUnit } from '../../../src/specs/format/addition.ts';
import { appendUnit, Unwritable } from '../../../src/specs/formats/append.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

/* What a format cannot hold is told as that, so that the unit can go elsewhere. */

const file = '.taskmaster/tasks/tasks.json';

async function added(claims: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  writeFiles(folder, { [file]: '{"master":{"tasks":[{"id":1,"title":"A","status":"pending"}]}}' });
  const unit: NewUnit = {
    ...{ title: 'New', body: '', criteria: [], claims, checks: [], depends: [], touches: [] },
    ...{ priority: null, isDraft: false, at: 0 },
  };
  const target = { folder, file, paths: [file], ignore: [] };
  try {
    await appendUnit(target, unit);
    return 'added';
  } catch (error) {
    if (error instanceof Unwritable) return 'unwritable';
    throw error;
  }
}

test.each([
  ['plain claims', ['It shines', 'It is red'], 'added'],
  ['markup within a claim', ['It shows <!-- a comment', 'It is red'], 'added'],
  ['a claim that is an empty item', ['It shines', '- [x] nested'], 'unwritable'],
])('Task Master and %s', async (_name, claims, expected) => {
  expect(await added(claims)).toBe(expected);
});
