import { expect, test } from 'vitest';
import type { Criterion } from '../../../src/model/unit.ts';
import { protectedPaths, scriptsRunBy, testsNamedBy } from '../../../src/verify/files/protect.ts';

function criterion(command: string): Criterion {
  return { position: 0, text: '', kind: 'check', command, hash: '', isTicked: false, line: 1 };
}

const baseFiles = new Set([
  'specs/a.md',
  'tests/a.test.mjs',
  'tests/fixtures/x.json',
  'src/a.mjs',
  'src/cli.mjs',
  'scripts/verify.sh',
  'package.json',
  'contracts/x.md',
  'list.txt',
  'docs/spec/x.md',
]);

function isProtected(
  path: string,
  touches: readonly string[],
  command = 'true',
  more: { readonly protect?: readonly string[] } = {},
): boolean {
  return protectionOf(path, touches, command, more) !== 'open';
}

function protectionOf(
  path: string,
  touches: readonly string[],
  command = 'true',
  more: { readonly protect?: readonly string[] } = {},
): string {
  return protectedPaths({
    unit: { touches, criteria: [criterion(command)], contracts: [], answer: null, cwd: '' },
    specsPath: 'specs',
    specFiles: ['a.md'],
    claimed: new Set(),
    ignore: ['app'],
    contracts: ['contracts/x.md'],
    protect: more.protect ?? [],
    instructing: ['prompts/builder.md'],
    baseFiles,
  })(path);
}

test.each<[string, string, readonly string[], string, boolean]>([
  ['its own spec, whatever it touches', 'specs/a.md', ['specs/a.md'], 'true', true],
  ['a new spec, whatever it touches', 'specs/b.md', ['specs/b.md'], 'true', true],
  ['a new spec in a folder that a file system takes for the same', 'Specs/deep/b.md', [], 'true', true],
  ['what is not read among the specs', 'specs/app/src/a.mjs', [], 'true', false],
  ['a prompt among the specs', 'specs/prompt.txt', ['specs/**'], 'true', true],
  ['a prompt of the configuration', 'prompts/builder.md', ['prompts/**'], 'true', true],
  ['the same in another spelling', 'Prompts/Builder.md', [], 'true', true],
  ['the same, if the unit is about it', 'prompts/builder.md', ['prompts/builder.md'], 'true', false],
  ['a page beside it', 'prompts/other.md', [], 'true', false],
  ['a document with a name like it', 'specs-of-old/b.md', [], 'true', false],
  ['a test that a check names', 'tests/a.test.mjs', ['src/**'], 'node --test tests/a.test.mjs', true],
  ['a test in a folder that a check names', 'tests/a.test.mjs', ['src/**'], 'node --test tests/', true],
  ['a test that a pattern names', 'tests/a.test.mjs', ['src/**'], 'node --test tests/*.test.mjs', true],
  ['a fixture in that folder', 'tests/fixtures/x.json', ['src/**'], 'node --test tests', true],
  ['a named test, though a wildcard covers it', 'tests/a.test.mjs', ['tests/**'], 'node --test tests/a.test.mjs', true],
  ['a named test that touches names', 'tests/a.test.mjs', ['tests/a.test.mjs'], 'node --test tests/a.test.mjs', false],
  ['a new test beside it', 'tests/b.test.mjs', ['src/**'], 'node --test tests/a.test.mjs', false],
  ['a file that a check looks into', 'list.txt', ['list.txt'], 'grep -q a list.txt', false],
  ['such a file when nothing is said about touching', 'list.txt', [], 'grep -q a list.txt', false],
  ['the program that a check runs, within touches', 'src/cli.mjs', ['src/**'], 'node src/cli.mjs --help', false],
  ['a script that a check runs, not within touches', 'scripts/verify.sh', ['src/**'], 'sh scripts/verify.sh', true],
  ['a script that verifies, nothing said about touching', 'scripts/verify.sh', [], './scripts/verify.sh', true],
  ['a manifest', 'package.json', ['src/**'], 'true', true],
  ['a manifest anywhere', 'app/package.json', ['app/**'], 'true', true],
  ['a manifest that touches names', 'package.json', ['package.json'], 'true', false],
  ['an added test configuration', 'deep/down/conftest.py', ['deep/**'], 'true', true],
  ['an added runner configuration', 'vitest.config.mts', [], 'true', true],
  ['CI', '.github/workflows/ci.yml', ['**'], 'true', true],
  ['instructions for agents', 'AGENTS.md', [], 'true', true],
  ['what git reads', 'a/.gitattributes', ['a/**'], 'true', true],
  ['a contract that it does not touch', 'contracts/x.md', ['src/**'], 'true', true],
  ['a contract that it touches', 'contracts/x.md', ['contracts/x.md'], 'true', false],
  ['our own state, which a merge would lay over the queue', 'specs/.backlog/backlog.db', ['specs/**'], 'true', true],
  ['plain source', 'src/a.mjs', ['src/**'], 'node --test tests/a.test.mjs', false],
])('%s', (_name, path, touches, command, expected) => expect(isProtected(path, touches, command)).toBe(expected));

test('a configuration may protect more', () =>
  expect([
    isProtected('src/a.mjs', [], 'true', { protect: ['src/a.*'] }),
    isProtected('src/a.mjs', [], 'true'),
  ]).toEqual([true, false]));

test('commands are read for the tests that they name and the scripts that they run', () => {
  expect(testsNamedBy('cd x && node --test ./tests/a.test.mjs other.spec.ts pkg/test_x.py::test_y src/a.mjs')).toEqual([
    'tests/a.test.mjs',
    'other.spec.ts',
    'pkg/test_x.py',
  ]);
  expect(scriptsRunBy('A=1 ./a.sh x | grep y; python3 -u b.py && "c d"')).toEqual(['a.sh', 'grep', 'b.py', 'c']);
});
