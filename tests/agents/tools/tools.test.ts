import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { toolsFor } from '../../../src/agents/tools/index.ts';
import { openBox } from '../../support/box.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

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
    'error: The old text occurs 2 times in a.txt. Give more of it, or set "all".',
  );
  expect(await use(folder, 'edit', { path: 'a.txt', old: 'c', new: 'b' })).toMatch(
    /^error: The old text is not in a\.txt/,
  );
  expect(await use(folder, 'edit', { path: 'a.txt', old: '$& a', new: '$& b' })).toBe('Replaced one place in a.txt.');
  expect(readFileSync(path.join(folder, 'ws/a.txt'), 'utf8')).toBe('a $& b');
});

test.each([
  ['one\r\ntwo\r\nthree\r\n', 'one\r\n2\r\n2b\r\nthree\r\n'],
  ['one\ntwo\nthree\n', 'one\n2\n2b\nthree\n'],
  ['0\r\none\ntwo\nthree\n', '0\r\none\n2\n2b\nthree\n'],
])('edit finds lines as read shows them, and keeps how they end: %j', async (before, after) => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'ws'));
  writeFileSync(path.join(folder, 'ws/a.txt'), before);
  expect(await use(folder, 'read', { path: 'a.txt' })).not.toContain('\r');
  const input = { path: 'a.txt', old: 'one\ntwo\n', new: 'one\n2\n2b\n' };
  expect(await use(folder, 'edit', input)).toBe('Replaced one place in a.txt.');
  expect(readFileSync(path.join(folder, 'ws/a.txt'), 'utf8')).toBe(after);
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

test('expressions mean what people write, whichever program searches', async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'ws'));
  writeFileSync(path.join(folder, 'ws/-a:b.txt'), 'x1 = 22\nfoo_bar\n[a.b]\ta-c]\n');
  writeFileSync(path.join(folder, 'ws/large.txt'), `22\n${'x'.repeat(1024 * 1024)}`);
  writeFileSync(path.join(folder, 'ws/binary'), '22\0');
  const lines = [1, 2, 3].map((line) => `-a:b.txt:${line}:`);
  for (const [pattern, wanted] of [
    ['\\d\\d', [1]],
    ['[\\d.]{2}$', [1]],
    ['^\\w+$', [2]],
    ['(?:foo|x1).(?:bar|=)', [1, 2]],
    ['\\bbar\\b', []],
    ['o_b', [2]],
    ['\\s', [1, 3]],
    ['[\\]]', [3]],
    ['\\[a\\.b\\]', [3]],
    ['\\D=', [1]],
    ['\\d=', []],
    ['-c', [3]],
    ['$(touch hacked)`"\'', []],
  ] as const) {
    const found = await use(folder, 'grep', { pattern });
    const told = found === 'Nothing found.' ? [] : found.split('\n').map((line) => /^.*?:b\.txt:\d:/.exec(line)?.[0]);
    expect([pattern, told]).toEqual([pattern, wanted.map((line) => lines[line - 1])]);
  }
  for (const pattern of ['(?=x)', '(a)\\1', 'a\nb', '[z-a]'])
    expect(await use(folder, 'grep', { pattern })).toMatch(/^error: The expression cannot be used/);
  expect(await use(folder, 'glob', { pattern: '**' })).toBe('-a:b.txt\nbinary\nlarge.txt');
});

const hasBwrap = spawnSync('bwrap', ['--version']).status === 0;

test.runIf(hasBwrap)('in a strict box they search the same tree', async () => {
  const box = await openBox('strict', '/usr/bin:/bin');
  mkdirSync(path.join(box.workspace, 'a'));
  writeFileSync(path.join(box.workspace, 'a/b.txt'), 'one\n');
  const context = { workspace: box.handle, signal: new AbortController().signal };
  const told = toolsFor({ access: 'read', tools: null }).map(async (tool) =>
    tool.run({ path: 'a/b.txt', pattern: tool.name === 'grep' ? 'o' : '**' }, context),
  );
  expect((await Promise.all(told)).map(({ text }) => text)).toEqual(['a/b.txt', 'a/b.txt:1:one', '1\tone']);
});

test('a search over a large and odd tree is bounded, and holds nothing up', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'ws'));
  const make =
    'for d in $(seq 60); do mkdir d$d; for f in $(seq 50); do printf "one $f\\n" > d$d/f$f.ts; done; done; mkfifo pipe';
  execFileSync('sh', ['-c', make], { cwd: path.join(folder, 'ws') });
  const deep = "for (let i = 0; i < 50; i++) { fs.mkdirSync('b'.repeat(100)); process.chdir('b'.repeat(100)); }";
  execFileSync(process.execPath, ['-e', `${deep}; fs.writeFileSync('deep.ts', 'one')`], {
    cwd: path.join(folder, 'ws'),
  });
  const all = await use(folder, 'glob', { pattern: 'd*/**' });
  expect(all.split('\n').slice(-1)).toEqual(['[… and 2000 more]']);
  expect((await use(folder, 'grep', { pattern: 'one', path: 'd*/*' })).split('\n').slice(-1)).toEqual([
    '[… and 2500 more]',
  ]);
  let longestMs = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 5);
  expect(await use(folder, 'glob', { pattern: `${'**/b*/'.repeat(70)}zz` })).toBe('No file matches.');
  await use(folder, 'grep', { pattern: '(a*)*(a*)*b$', path: '**/*.ts' });
  clearInterval(watch);
  expect(longestMs).toBeLessThan(4000);
  execFileSync('rm', ['-rf', path.join(folder, 'ws')]);
});

test('whatever stands in the way of a tool is told to the model, and ends nothing', async () => {
  const folder = temporaryFolder();
  const ws = path.join(folder, 'ws');
  mkdirSync(path.join(ws, 'folder'), { recursive: true });
  execFileSync('mkfifo', [path.join(ws, 'pipe')]);
  symlinkSync('loop', path.join(ws, 'loop'));
  writeFileSync(path.join(ws, 'plain.txt'), 'old\n');
  writeFileSync(path.join(ws, 'huge.txt'), Buffer.alloc(6 * 1024 * 1024));
  const names = [
    'folder',
    'pipe',
    'loop',
    'huge.txt',
    'plain.txt/below',
    `${'n'.repeat(300)}`,
    `${'d/'.repeat(3000)}x`,
    '',
    '.',
    'nul\0',
  ];
  for (const name of names) {
    for (const [tool, input] of [
      ['read', { path: name }],
      ['edit', { path: name, old: 'old', new: 'new' }],
      ...(name === 'huge.txt' ? [] : [['write', { path: name, content: 'x' }] as const]),
      [
        'glob',
        {
          pattern: name === 'folder' || name === 'huge.txt' || name === 'pipe' || name === 'loop' ? '/x' : `${name}\0`,
        },
      ],
    ] as const) {
      expect([tool, name.slice(0, 20), await use(folder, tool, input)]).toEqual([
        tool,
        name.slice(0, 20),
        expect.stringMatching(/^error: /),
      ]);
    }
  }
  // The workspace itself is gone: an agent can do that, too.
  execFileSync('rm', ['-rf', ws]);
  const tools = toolsFor({ access: 'write', tools: null });
  const { workspace } = order(folder);
  execFileSync('rm', ['-rf', ws]);
  const context = { workspace, signal: new AbortController().signal };
  const input = { path: 'a', content: 'a', old: 'a', new: 'b', pattern: 'a' };
  for (const tool of tools.filter(({ name }) => !['bash', 'glob', 'grep'].includes(name)))
    expect((await tool.run(input, context)).text).toBe(`${tool.name} failed: ENOENT.`);
});
