import { expect, test } from 'vitest';
import { findJudges } from '../../../src/verify/files/judges.ts';
import { simpleCommands } from '../../../src/verify/commands/shell-words.ts';

const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ scripts: { test: 'node scripts/all.mjs', pretest: 'sh scripts/before.sh' } }),
  'app/package.json': JSON.stringify({ scripts: { test: 'vitest run', t: 'node tool.mjs' } }),
  'scripts/all.mjs': "import './part.mjs';\nimport { sum } from '../src/sum.mjs';\nspawn('node scripts/deep.mjs');\n",
  'scripts/part.mjs': '',
  'scripts/deep.mjs': '',
  'scripts/before.sh': 'cd app\nnode tool.mjs\n',
  'app/tool.mjs': '',
  'src/sum.mjs': '',
  'src/cli.mjs': '',
  'tests/sum.test.mjs': '',
  'tests/lib/data.json': '',
  'tests/test_calc.py': '',
  'checks/verify.py': 'from helper import x\n',
  'checks/helper.py': '',
  Makefile: 'test: build\n\t@node scripts/deep.mjs\n',
  'look.mjs': "import './beside.mjs';\n",
  'beside.mjs': '',
};

const before = {
  files: new Set(Object.keys(files)),
  read: async (file: string): Promise<string | null> => files[file] ?? null,
};

test.each<[string, { scripts?: string[]; helpers?: string[]; tests?: string[]; cwd?: string }]>([
  ['node look.mjs', { scripts: ['look.mjs'], helpers: ['beside.mjs'] }],
  ['env A=1 timeout 20 node ./look.mjs', { scripts: ['look.mjs'], helpers: ['beside.mjs'] }],
  ['A=1 node --import ./beside.mjs src/../look.mjs', { scripts: ['beside.mjs', 'look.mjs'], helpers: ['beside.mjs'] }],
  ['cd app && node tool.mjs', { scripts: ['app/tool.mjs'] }],
  ['node ../app//tool.mjs', { scripts: ['app/tool.mjs'], cwd: 'src' }],
  ['node "$PWD/look.mjs"', { scripts: ['look.mjs'], helpers: ['beside.mjs'] }],
  ['(true && (sh scripts/before.sh))', { scripts: ['scripts/before.sh', 'app/tool.mjs'] }],
  ['sh -c "node app/tool.mjs"', { scripts: ['app/tool.mjs'] }],
  [
    'npm test',
    {
      scripts: ['scripts/before.sh', 'app/tool.mjs', 'scripts/all.mjs', 'scripts/deep.mjs'],
      helpers: ['scripts/part.mjs'],
    },
  ],
  ['npm --prefix app test -- tests/x.test.ts', { tests: ['app/tests/x.test.ts'] }],
  ['npm --prefix app t -- tests/x.test.ts', { tests: ['app/tests/x.test.ts'] }],
  ['npm --prefix app run t', { scripts: ['app/tool.mjs'] }],
  ['npm --prefix app exec vitest run tests/x.test.ts', { tests: ['app/tests/x.test.ts'] }],
  ['make test', { scripts: ['Makefile', 'scripts/deep.mjs'] }],
  ['python3 checks/verify.py', { scripts: ['checks/verify.py'], helpers: ['checks/helper.py'] }],
  ['python3 -m checks.verify', { scripts: ['checks/verify.py'], helpers: ['checks/helper.py'] }],
  ['python3 -m unittest tests.test_calc', { tests: ['tests/test_calc.py'] }],
  ['python3 -m pytest -q checks', { tests: ['checks/verify.py', 'checks/helper.py'] }],
  ['python3 -m unittest discover -s src', {}],
  ['node --test tests//', { tests: ['tests/sum.test.mjs', 'tests/lib/data.json', 'tests/test_calc.py'] }],
  ["node --test 'tests/*.mjs'", { tests: ['tests/sum.test.mjs'] }],
  ['node new.mjs', { tests: ['new.mjs'] }],
  // What another program looks at does not judge.
  ['node src/cli.mjs --help | grep -q usage', {}],
  ['test "$(node src/cli.mjs)" = 5', {}],
  ['diff <(node src/cli.mjs) wanted.txt', {}],
  ['grep -q sum src/sum.mjs', {}],
  ['set -o pipefail; node look.mjs | tee log', { scripts: ['look.mjs'], helpers: ['beside.mjs'] }],
])('%s', async (command, expected) => {
  const found = await findJudges([{ command, cwd: expected.cwd ?? '' }], before);
  expect({ scripts: [...found.scripts], helpers: [...found.helpers], tests: [...found.tests] }).toEqual({
    scripts: expected.scripts ?? [],
    helpers: expected.helpers ?? [],
    tests: expected.tests ?? [],
  });
});

test('a shell command is taken apart without what it only writes', () => {
  expect(
    simpleCommands("cat > a.mjs <<'X'\nnode look.mjs\nX\nnode 'b c.mjs' && ! x \"$(y z)\" | w # node d.mjs"),
  ).toEqual([
    { words: ['cat', 'a.mjs'], isObserved: false },
    { words: ['node', 'b c.mjs'], isObserved: false },
    { words: ['y', 'z'], isObserved: true },
    { words: ['!', 'x', ''], isObserved: true },
    { words: ['w'], isObserved: false },
  ]);
});

test.each<[string, string, readonly string[]]>([
  ['a program that is installed', 'install -m 755 todo.sh /usr/bin', []],
  ['a program that is compiled', 'gcc -o x main.c todo.sh', []],
  ['a program behind others that start it', 'env A=1 timeout -k 1 20 nice ./todo.sh', ['todo.sh']],
  ['a program that a test sources', 'sh test/a.sh', ['test/a.sh']],
  ['a program that a script sources', 'sh go.sh', ['go.sh', 'todo.sh']],
])('of %s, what decides: %s', async (_name, command, expected) => {
  const texts: Readonly<Record<string, string>> = {
    'todo.sh': 'echo x\n',
    'main.c': '',
    'test/a.sh': '. ./todo.sh\n',
    'go.sh': '. ./todo.sh\n',
  };
  const files = new Set(Object.keys(texts));
  const read = (file: string): Promise<string | null> => Promise.resolve(texts[file] ?? null);
  const { scripts } = await findJudges([{ command, cwd: '' }], { files, read });
  expect([...scripts]).toEqual(expected);
});

test.each<[string, readonly (readonly [string, boolean])[]]>([
  [
    'for n in 1 2; do a $n; done | b',
    [
      ['for', true],
      ['do', true],
      ['done', true],
      ['b', false],
    ],
  ],
  [
    'for n in 1 2; do a; done; b | c',
    [
      ['for', false],
      ['do', false],
      ['done', false],
      ['b', true],
      ['c', false],
    ],
  ],
  [
    '(a; b) | c',
    [
      ['a', true],
      ['b', true],
      ['c', false],
    ],
  ],
  [
    'a; { b; } | c; d',
    [
      ['a', false],
      ['b', true],
      ['c', false],
      ['d', false],
    ],
  ],
  [
    '(a) && b | c',
    [
      ['a', false],
      ['b', true],
      ['c', false],
    ],
  ],
  [
    'if a; then b; fi || c',
    [
      ['if', false],
      ['then', false],
      ['fi', false],
      ['c', false],
    ],
  ],
])('who reads what in %s', (command, expected) => {
  expect(simpleCommands(command).map(({ words, isObserved }) => [words[0], isObserved])).toEqual(expected);
});
