import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { orDamage } from '../../../src/engine/context/machine.ts';
import { InputError, inputError } from '../../../src/model/diagnostic.ts';
import { findRepository } from '../../../src/repo/git/repository.ts';
import { TestProject } from '../../support/project.ts';

test('errors that come of one damage are told as that, by one look; what has words of its own stays', async () => {
  const project = TestProject.make({ 'a.txt': 'a\n' });
  const { env } = project;
  await findRepository(project.root, env);
  const { signal } = new AbortController();
  const others = new Error('of another asker');
  const [before, first, second] = [new Error('0'), new Error('1'), new Error('2')];
  expect(await orDamage(before, { env }, signal)).toBe(before);
  const name = project.git('rev-parse', 'HEAD:a.txt');
  rmSync(path.join(project.root, '.git/objects', name.slice(0, 2), name.slice(2)));
  expect(await orDamage(others, { env: { ...env } }, signal)).toBe(others); // nobody is told of repositories of others
  const [one, other] = await Promise.all([first, second].map(async (error) => orDamage(error, { env }, signal)));
  expect([one instanceof InputError, other]).toEqual([true, one]);
  expect(one).toBe(other);
  expect(await orDamage(before, { env }, signal)).toBe(before); // nobody looks twice for one error
  const refused = inputError('x', 'y', 'z');
  expect(await orDamage(refused, { env }, signal)).toBe(refused);
});
