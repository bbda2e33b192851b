import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { toolsFor } from '../../src/agents/tools/index.ts';
import { order } from '../support/order.ts';
import { temporaryFolder } from '../support/project.ts';

async function use(folder: string, name: string, input: object): Promise<string> {
  const tool = toolsFor({ access: 'write', tools: null }).find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  const { workspace } = order(folder);
  const result = await tool.run(input, { workspace, signal: new AbortController().signal });
  return `${result.isError ? 'error: ' : ''}${result.text}`;
}

describe('files outside of the workspace cannot be reached', () => {
  const folder = (): string => {
    const made = temporaryFolder();
    mkdirSync(path.join(made, 'ws/.git'), { recursive: true });
    writeFileSync(path.join(made, 'secret.txt'), 'secret');
    symlinkSync('..', path.join(made, 'ws/up'));
    symlinkSync('../secret.txt', path.join(made, 'ws/link.txt'));
    symlinkSync('../new.txt', path.join(made, 'ws/dangling.txt'));
    return made;
  };
  test.each([
    '../secret.txt',
    '/etc/passwd',
    'up/secret.txt',
    'link.txt',
    'dangling.txt',
    'a/../../secret.txt',
    '.git/config',
    '.GIT/config',
    'up/new/deep.txt',
    'nul\0.txt',
  ])('%j', async (name) => {
    const made = folder();
    for (const [tool, input] of [
      ['read', { path: name }],
      ['write', { path: name, content: 'x' }],
      ['edit', { path: name, old: 'secret', new: 'x' }],
    ] as const) {
      expect(await use(made, tool, input)).toBe(`error: ${name} is outside of the workspace.`);
    }
    expect(readFileSync(path.join(made, 'secret.txt'), 'utf8')).toBe('secret');
  });
  test('an absolute path into the workspace is fine', async () => {
    const made = folder();
    expect(await use(made, 'write', { path: path.join(made, 'ws/a.txt'), content: 'a' })).toMatch(/^Wrote /);
  });
});

test('read numbers the lines and can begin in the middle', async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'ws'));
  writeFileSync(path.join(folder, 'ws/a.txt'), 'one\ntwo\nthree\nfour\n');
  expect(await use(folder, 'read', { path: 'a.txt', offset: 2, limit: 2 })).toBe('2\ttwo\n3\tthree\n[1 more lines]');
  expect(await use(folder, 'read', { path: 'none.txt' })).toBe('error: none.txt cannot be read: ENOENT.');
});

test('edit wants the old text exactly once', async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'ws'));
  writeFileSync(path.join(folder, 'ws/a.txt'), 'a $& a');
  expect(await use(folder, 'edit', { path: 'a.txt', old: 'a', new: 'b' })).toBe(
    'error: The old text stands 2 times in a.txt. Give more of it, or set "all".',
  );
  expect(await use(folder, 'edit', { path: 'a.txt', old: 'c', new: 'b' })).toMatch(
    /^error: The old text does not stand in a\.txt/,
  );
  expect(await use(folder, 'edit', { path: 'a.txt', old: '$& a', new: '$& b' })).toBe('Replaced one place in a.txt.');
  expect(readFileSync(path.join(folder, 'ws/a.txt'), 'utf8')).toBe('a $& b');
});

test('glob and grep find files and lines, links and .git left out', async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'ws/src/.git'), { recursive: true });
  writeFileSync(path.join(folder, 'ws/src/a.ts'), 'const one = 1;\nconst two = 2;\n');
  writeFileSync(path.join(folder, 'ws/src/b.md'), 'Two\n');
  writeFileSync(path.join(folder, 'ws/src/.git/c.ts'), 'two');
  symlinkSync('/etc', path.join(folder, 'ws/etc'));
  expect(await use(folder, 'glob', { pattern: '**' })).toBe('src/a.ts\nsrc/b.md');
  expect(await use(folder, 'glob', { pattern: '../**' })).toBe(
    'error: The pattern cannot be used: it must not leave the repository.',
  );
  expect(await use(folder, 'grep', { pattern: 'two', ignoreCase: true })).toBe(
    'src/a.ts:2:const two = 2;\nsrc/b.md:1:Two',
  );
  expect(await use(folder, 'grep', { pattern: 'two', path: 'src/*.ts' })).toBe('src/a.ts:2:const two = 2;');
  expect(await use(folder, 'grep', { pattern: '(' })).toMatch(/^error: The expression cannot be used/);
});

test('bash tells how it ended, and cuts what is too long', async () => {
  const folder = temporaryFolder();
  expect(await use(folder, 'bash', { command: 'echo hi; exit 2' })).toBe('error: hi\n[exit 2]');
  expect(await use(folder, 'bash', { command: 'sleep 9', timeoutSeconds: 1 })).toBe('error: [time limit]');
  expect((await use(folder, 'bash', { command: 'yes | head -c 200000' })).length).toBeLessThan(31_000);
});
