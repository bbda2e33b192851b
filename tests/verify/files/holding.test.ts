import { expect, test } from 'vitest';
import { type Held, holdApart, type HoldingOptions } from '../../../src/verify/files/holding.ts';
import type { Judges } from '../../../src/verify/files/judges.ts';

const none: Judges = {
  scripts: new Set(),
  helpers: new Set(),
  observed: new Set(),
  tests: new Set(),
  named: new Set(),
};
const judges = (over: { scripts?: string[]; helpers?: string[]; observed?: string[]; tests?: string[] }): Judges => ({
  ...none,
  scripts: new Set(over.scripts),
  helpers: new Set(over.helpers),
  observed: new Set(over.observed),
  tests: new Set(over.tests),
});
const baseFiles = new Set(
  [
    'src/a.mjs',
    'src/a.test.mjs',
    'src/cli.mjs',
    'tests/a.test.mjs',
    'tests/golden/a.txt',
    'look.mjs',
    'check.mjs',
    'part.mjs',
    'rules/a.mjs',
    'rules/seen.mjs',
    'rules/started.mjs',
    'bin/tool',
    'rules/cases.csv',
    'bin/data.csv',
    'support/same.mjs',
    'support/more.mjs',
    'data/want.json',
    'docs/wanted.md',
  ].concat([
    'subject.mjs',
    'other.test.mjs',
    'docs/a.md',
    'app/__init__.py',
    'src/validation/email.ts',
    'messages.properties',
  ]),
);
const trace = {
  probed: new Set(['vitest.config.ts', 'src/new.mjs', 'hook.mjs', '.mocharc.yml']),
  opened: new Set([
    ...['tests/a.test.mjs', 'src/a.mjs', 'app/__init__.py', 'rules/cases.csv', 'bin/data.csv'],
    ...['support/same.mjs', 'support/more.mjs'],
  ]),
  executed: new Set(['rules/a.mjs', 'rules/seen.mjs', 'rules/started.mjs', 'src/cli.mjs', 'bin/tool', 'subject.mjs']),
  modules: new Set(['unittest', 'types']),
};

function held(touches: readonly string[], path: string, over: Partial<HoldingOptions> = {}): Held | null {
  return holdApart({
    unit: { touches, answer: null, title: 'The subject', body: '', criteria: [], cwd: '' },
    baseFiles,
    own: judges({
      scripts: ['look.mjs', 'check.mjs'],
      helpers: ['part.mjs', 'subject.mjs'],
      observed: ['rules/seen.mjs'],
      tests: ['tests/a.test.mjs'],
    }),
    project: judges({ tests: ['tests/golden/a.txt'] }),
    units: judges({ tests: ['other.test.mjs', 'later.test.mjs'] }),
    hasChecks: true,
    traces: [trace],
    askedText: "import { b } from '../src/new.mjs';",
    testText: "import '../../support/same.mjs'; spawnSync('node', ['rules/started.mjs']);",
    ...over,
  })(path);
}

test.each<[string, readonly string[], string, Held | null]>([
  ['a source that it touches', ['src/**'], 'src/a.mjs', null],
  ['a document elsewhere', ['src/**'], 'docs/a.md', 'outside'],
  ['a new source elsewhere', ['src/**'], 'lib/new.mjs', 'outside'],
  ['a test elsewhere', ['src/**'], 'tests/a.test.mjs', 'judges'],
  ['a new test elsewhere', ['src/**'], 'tests/b.test.mjs', 'judges'],
  ['what a test compares with', ['src/**'], 'tests/golden/a.txt', 'judges'],
  ['a script that a check executes', ['src/**'], 'look.mjs', 'judges'],
  ['configuration elsewhere', ['src/**'], '.mocharc.yml', 'judges'],
  ['a test beside sources, below a wildcard', ['src/**'], 'src/a.test.mjs', 'judges'],
  ['the same, where the pattern speaks of tests', ['src/*.test.mjs'], 'src/a.test.mjs', null],
  ['a folder of tests that is opened', ['tests/**'], 'tests/golden/a.txt', null],
  ['a test that another unit is judged by, below everything', ['**'], 'other.test.mjs', 'judges'],
  ['the same, by name', ['other.test.mjs'], 'other.test.mjs', null],
  ['new configuration, below a wildcard', ['src/**'], 'src/x.config.ts', 'judges'],
  ['a module that stands in for a library', ['src/**'], 'src/unittest.py', 'judges'],
  ['the same, as byte code', ['src/**'], 'src/unittest.pyc', 'judges'],
  ['the same, in a form that Perl prefers', ['src/**'], 'src/unittest.pmc', 'judges'],
  ['the same, as a library', ['src/**'], 'src/unittest.cpython-312-x86_64-linux-gnu.so', 'judges'],
  ['a source with that name, of a language that names paths', ['src/**'], 'src/types.ts', null],
  ['a document with that name', ['src/**'], 'src/types.md', null],
  ['a script with the name of a check, below a wildcard', ['**'], 'check.mjs', 'judges'],
  ['the same, where it is named', ['check.mjs'], 'check.mjs', null],
  ['another script that a check executes, below a wildcard', ['**'], 'look.mjs', null],
  ['a module of a package with the name of a library', ['app/**'], 'app/types.py', null],
  ['installed packages', ['tests/**'], 'tests/node_modules/x/index.js', 'judges'],
  // Nothing is said about touching.
  ['a source', [], 'src/a.mjs', null],
  ['a program that is looked at', [], 'src/cli.mjs', null],
  ['a source whose folder is called like a check', [], 'src/validation/email.ts', null],
  ['a resource', [], 'messages.properties', null],
  ['a test', [], 'tests/a.test.mjs', 'judges'],
  ['a new test', [], 'tests/b.test.mjs', null],
  ['a new test that another unit is judged by', [], 'later.test.mjs', 'judges'],
  ['a script that decides', [], 'look.mjs', 'judges'],
  ['a part of it', [], 'part.mjs', 'judges'],
  ['what a script that decides reads beside itself', [], 'rules/cases.csv', 'judges'],
  ['what a program reads beside itself', [], 'bin/data.csv', null],
  ['what tests load by its name', [], 'support/same.mjs', 'judges'],
  ['what lies there, and no test loads', [], 'support/more.mjs', null],
  ['what is compared with', [], 'data/want.json', 'judges'],
  ['what is called like it', [], 'docs/wanted.md', null],
  ['what the spec speaks of', [], 'subject.mjs', null],
  ['what runs, whoever starts it', [], 'rules/a.mjs', 'judges'],
  ['what runs, where something reads what it prints', [], 'rules/seen.mjs', null],
  ['what a test starts by its name', [], 'rules/started.mjs', null],
  ['a program among the programs', [], 'bin/tool', null],
  ['configuration that was looked for', [], 'vitest.config.ts', 'judges'],
  ['a module that a text of the project asks for', [], 'src/new.mjs', null],
  ['a module that only the runner asks for', [], 'hook.mjs', 'judges'],
  ['a new source that nobody looked for', [], 'src/more.mjs', null],
  ['a module that stands in for a library, at the root', [], 'unittest.py', 'judges'],
])('%s, with touches %j: %s', (_what, touches, path, expected) => expect(held(touches, path)).toBe(expected));

test('where nothing could be traced, configuration is told by its name', () => {
  expect([held([], 'ava.config.js', { traces: [] }), held([], 'src/x.mjs', { traces: [] })]).toEqual(['judges', null]);
});

test('where no command judges, tests are work like any other', () => {
  const over = { hasChecks: false, own: none, project: none, units: none, traces: [] };
  expect(held([], 'tests/a.test.mjs', over)).toBe(null);
});

test('where the unit works counts as the root: what lies there beside a judge is what it looks at', () => {
  const unit = { touches: [], answer: null, title: 'X', body: '', criteria: [] };
  expect(['rules', ''].map((cwd) => held([], 'rules/cases.csv', { unit: { ...unit, cwd } }))).toEqual([null, 'judges']);
});
