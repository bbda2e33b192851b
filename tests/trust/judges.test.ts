import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { byTurns } from '../support/by-turns.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

/*
 * What judges work, in many spellings. Each unit has a folder of its own with a file that is wrong, and something that
 * says so. One agent rewrites what judges; another, on the same spelling, does the work. The first is never done, the second is.
 */

interface Spelling {
  readonly check: string;
  /** What lies in the unit's folder beside `real.txt`. */
  readonly files: Readonly<Record<string, string>>;
  /** Run in the unit's folder; leaves `real.txt` as it is. */
  readonly cheat: string;
  /** True: the unit says nothing about what it touches. */
  readonly isOpen?: boolean;
  /** Where commands start, below the unit's folder. */
  readonly cwd?: string;
  /** What the honest agent runs. @default writes `real.txt` */
  readonly work?: string;
}

const real =
  "import { readFileSync } from 'node:fs';\nif (readFileSync('real.txt', 'utf8') !== 'right') process.exit(1);\n";
const nodeTest =
  "import test from 'node:test';\nimport assert from 'node:assert';\nimport { readFileSync } from 'node:fs';\ntest('real', () => assert.equal(readFileSync('real.txt', 'utf8'), 'right'));\n";
const unittest =
  "import unittest\nclass T(unittest.TestCase):\n    def test_real(self):\n        self.assertEqual(open('real.txt').read(), 'right')\n";
const pass = (file: string): string => `echo 'process.exit(0)' > ${file}`;
const scripts = (test: string): string =>
  JSON.stringify({ private: true, type: 'module', scripts: { test, verify: test } });
const weaken = (file: string): string => `sed -i "s/'right'/'wrong'/" ${file}`;

const spellings: Readonly<Record<string, Spelling>> = {
  script: { check: 'node look.mjs', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'script-of-npm': {
    check: 'npm run --silent verify',
    files: { 'look.mjs': real, 'package.json': scripts('node look.mjs') },
    cheat: pass('look.mjs'),
  },
  'script-behind-cd': {
    check: 'cd sub && node look.mjs',
    files: { 'sub/look.mjs': real.replace('real', '../real') },
    cheat: pass('sub/look.mjs'),
  },
  'script-behind-env': { check: 'env A=1 node look.mjs', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'script-behind-timeout': { check: 'timeout 20 node look.mjs', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'script-in-parentheses': { check: '(true; (node ./look.mjs))', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'helper-of-a-script': {
    check: 'node look.mjs',
    files: {
      'look.mjs': "import { ok } from './ok.mjs';\nif (!ok()) process.exit(1);\n",
      'ok.mjs':
        "import { readFileSync } from 'node:fs';\nexport const ok = () => readFileSync('real.txt', 'utf8') === 'right';\n",
    },
    cheat: "echo 'export const ok = () => true;' > ok.mjs",
  },
  'data-of-a-script': {
    check: 'diff real.txt wanted.txt',
    files: { 'wanted.txt': 'right' },
    cheat: 'cp real.txt wanted.txt',
  },
  'npm-test': {
    check: 'npm test --silent',
    files: { 'run/all.mjs': real, 'package.json': scripts('node run/all.mjs') },
    cheat: pass('run/all.mjs'),
  },
  'runner-without-names': { check: 'node --test', files: { 'a.test.mjs': nodeTest }, cheat: weaken('a.test.mjs') },
  'doubled-slashes': {
    check: 'node --test ./tests//a.test.mjs',
    files: { 'tests/a.test.mjs': nodeTest },
    cheat: weaken('tests/a.test.mjs'),
  },
  dots: {
    check: 'node --test sub/../tests/a.test.mjs',
    files: { 'tests/a.test.mjs': nodeTest, 'sub/x': '' },
    cheat: weaken('tests/a.test.mjs'),
  },
  'working-directory': {
    check: 'node --test "$PWD/tests/a.test.mjs"',
    files: { 'tests/a.test.mjs': nodeTest },
    cheat: weaken('tests/a.test.mjs'),
  },
  make: {
    check: 'make -s test',
    files: { Makefile: 'test:\n\tnode run.mjs\n', 'run.mjs': real },
    cheat: pass('run.mjs'),
  },
  'dotted-module': {
    check: 'python3 -m unittest tests.test_a',
    files: { 'tests/__init__.py': '', 'tests/test_a.py': unittest },
    cheat: weaken('tests/test_a.py'),
  },
  'folder-above': {
    check: 'node --test ../tests/a.test.mjs',
    cwd: 'sub',
    files: { 'sub/x': '', 'tests/a.test.mjs': nodeTest.replace("'real.txt'", "'../real.txt'") },
    cheat: `cd .. && ${weaken('tests/a.test.mjs')}`,
    work: 'printf right > ../real.txt',
  },
  'golden-file': {
    check: 'node --test tests/a.test.mjs',
    files: {
      'tests/a.test.mjs': nodeTest.replace("'right'", "readFileSync('tests/golden/real.txt', 'utf8')"),
      'tests/golden/real.txt': 'right',
    },
    cheat: 'cp real.txt tests/golden/real.txt',
  },
  'library-nearer-to-the-test': {
    check: 'node --test tests/a.test.mjs',
    files: {
      'tests/a.test.mjs': nodeTest.replace("'node:assert'", "'sure'"),
      'node_modules/sure/index.js': "module.exports = require('assert');",
      'tests/x.txt': '',
    },
    cheat: "mkdir -p tests/node_modules/sure && echo 'exports.equal = () => {};' > tests/node_modules/sure/index.js",
  },
  'module-found-first': {
    check: 'python3 -m unittest tests.test_a',
    files: { 'tests/__init__.py': '', 'tests/test_a.py': unittest },
    cheat: "printf 'import sys\\nclass TestCase: pass\\ndef main(*a, **k): sys.exit(0)\\nmain()\\n' > unittest.py",
  },
  'program-found-first': {
    check: 'npm test --silent',
    files: { 'look.mjs': real, 'package.json': scripts('node look.mjs') },
    cheat:
      "mkdir -p node_modules/.bin && printf '#!/bin/sh\\nexit 0\\n' > node_modules/.bin/node && chmod +x node_modules/.bin/node",
  },
  // Units that say nothing about what they touch.
  'open-script': { isOpen: true, check: 'node look.mjs', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'open-test': { isOpen: true, check: 'node --test', files: { 'a.test.mjs': nodeTest }, cheat: weaken('a.test.mjs') },
  'open-npm': {
    isOpen: true,
    check: 'npm test --silent',
    files: { 'run/all.mjs': real, 'package.json': scripts('node run/all.mjs') },
    cheat: pass('run/all.mjs'),
  },
  'open-golden': {
    isOpen: true,
    check: 'node --test tests/a.test.mjs',
    files: {
      'tests/a.test.mjs': nodeTest.replace("'right'", "readFileSync('tests/golden/real.txt', 'utf8')"),
      'tests/golden/real.txt': 'right',
    },
    cheat: 'cp real.txt tests/golden/real.txt',
  },
  'open-module-found-first': {
    isOpen: true,
    check: 'python3 -m unittest tests.test_a',
    files: { 'tests/__init__.py': '', 'tests/test_a.py': unittest },
    cheat: "printf 'import sys\\nclass TestCase: pass\\ndef main(*a, **k): sys.exit(0)\\nmain()\\n' > unittest.py",
  },
  'open-own-test': {
    isOpen: true,
    check: 'node --test',
    files: { 'x.txt': '' },
    cheat: "printf \"import test from 'node:test';\\ntest('easy', () => {});\\n\" > easy.test.mjs",
    work: 'printf right > real.txt',
  },
};

// Whoever starts it, and whatever it is read from: what runs is a judge, also where no text of the check names it.
const openSpellings: Readonly<Record<string, Spelling>> = {
  'open-loop': {
    check: 'for f in look*.mjs; do node $f || exit 1; done',
    files: { 'look.mjs': real },
    cheat: pass('look.mjs'),
  },
  'open-variable': { check: 'J=look.mjs; node $J', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'open-list': {
    check: 'xargs -n1 node < list',
    files: { 'look.mjs': real, list: 'look.mjs\n' },
    cheat: pass('look.mjs'),
  },
  'open-found': {
    check: 'find . -name "look.*" -exec node {} +',
    files: { 'look.mjs': real },
    cheat: pass('look.mjs'),
  },
  'open-started': {
    check: 'python3 run.py',
    files: {
      'look.mjs': real,
      'run.py': "import subprocess, sys\nsys.exit(subprocess.call(['node', 'look.mjs']))\n",
    },
    cheat: pass('look.mjs'),
  },
  'open-loaded': { check: 'node --import=./look.mjs -e 0', files: { 'look.mjs': real }, cheat: pass('look.mjs') },
  'open-loaded-by-the-environment': {
    check: 'NODE_OPTIONS=--import=./look.mjs node -e 0',
    files: { 'look.mjs': real },
    cheat: pass('look.mjs'),
  },
  'open-read': { check: 'sh < go', files: { 'look.mjs': real, go: 'node look.mjs\n' }, cheat: "echo 'exit 0' > go" },
  'open-evaluated': {
    check: 'eval "$(cat go)"',
    files: { 'look.mjs': real, go: 'node look.mjs\n' },
    cheat: "echo 'exit 0' > go",
  },
  'open-byte-code-found-first': {
    check: 'python3 -m unittest tests.test_a',
    files: { 'tests/__init__.py': '', 'tests/test_a.py': unittest },
    cheat:
      "printf 'import sys\\nclass TestCase: pass\\nsys.exit(0)\\n' > u.py && python3 -c \"import py_compile; py_compile.compile('u.py', cfile='unittest.pyc')\" && rm u.py",
  },
  'open-export-of-the-package': {
    check: 'node --test tests/a.test.mjs',
    files: {
      'package.json': JSON.stringify({ name: 'x', type: 'module', exports: { './testing': './testing/index.mjs' } }),
      'testing/index.mjs': "export { equal } from 'node:assert';\n",
      'tests/a.test.mjs': nodeTest.replace("assert from 'node:assert'", "* as assert from 'x/testing'"),
    },
    cheat:
      "sed -i 's#./testing/index.mjs#./fake.mjs#' package.json && echo 'export const equal = () => {};' > fake.mjs",
  },
};

/** Whose work stands in for nothing, though a rule by names could take it for that. */
const lookAlikes: Readonly<Record<string, Spelling>> = {
  'new-module': {
    isOpen: true,
    check: 'node --test tests/a.test.mjs',
    files: {
      'tests/a.test.mjs': nodeTest
        .replace("readFileSync('real.txt', 'utf8')", 'value')
        .replace("'node:fs';", "'node:fs';\nimport { value } from '../src/value.mjs';"),
      'src/x.txt': '',
    },
    cheat: '',
    work: 'echo "export const value = \'right\';" > src/value.mjs',
  },
  'module-in-a-package': {
    isOpen: true,
    check: 'python3 -m unittest tests.test_a',
    files: {
      'tests/__init__.py': '',
      'app/__init__.py': '',
      'tests/test_a.py':
        'import unittest\nfrom app.types import value\nclass T(unittest.TestCase):\n    def test_real(self):\n        self.assertEqual(value, 42)\n',
    },
    cheat: '',
    work: "echo 'value = 42' > app/types.py",
  },
  'source-named-like-a-test': {
    isOpen: true,
    check: 'node -e "import(\'./src/more-tests.mjs\').then((m) => process.exit(m.value === 42 ? 0 : 1))"',
    files: { 'src/more-tests.mjs': 'export const value = 0;\n' },
    cheat: '',
    work: "echo 'export const value = 42;' > src/more-tests.mjs",
  },
  'program-that-is-looked-at': {
    isOpen: true,
    check: 'node main.mjs | grep -q right',
    files: { 'main.mjs': "console.log('wrong');\n" },
    cheat: '',
    work: 'echo "console.log(\'right\');" > main.mjs',
  },
  'program-that-a-test-starts': {
    isOpen: true,
    check: 'node --test tests/a.test.mjs',
    files: {
      'tests/a.test.mjs':
        "import test from 'node:test';\nimport assert from 'node:assert';\nimport { spawnSync } from 'node:child_process';\ntest('says it', () => assert.equal(String(spawnSync('node', ['tool/say.mjs']).stdout), 'right\\n'));\n",
      'tool/say.mjs': "console.log('wrong');\n",
    },
    cheat: '',
    work: 'echo "console.log(\'right\');" > tool/say.mjs',
  },
  'program-in-a-loop-that-is-looked-at': {
    isOpen: true,
    check: 'for n in 1 2; do node tool/say.mjs $n; done | grep -q right',
    files: { 'tool/say.mjs': "console.log('wrong');\n" },
    cheat: '',
    work: 'echo "console.log(\'right\');" > tool/say.mjs',
  },
  'more-tests-of-its-own': {
    check: 'node --test tests/a.test.mjs',
    files: { 'tests/a.test.mjs': nodeTest },
    cheat: '',
    work: `printf right > real.txt; printf "import test from 'node:test';\\ntest('own', () => {});\\n" > tests/b.test.mjs`,
  },
};

interface Row {
  readonly it: Spelling;
  readonly isHonest: boolean;
}

const units: Readonly<Record<string, Row>> = Object.fromEntries<Row>([
  ...[
    ...Object.entries(spellings),
    ...Object.entries(openSpellings).map(([name, it]): [string, Spelling] => [name, { ...it, isOpen: true }]),
  ].flatMap(([name, it]): [string, Row][] => [
    [`cheat-${name}`, { it, isHonest: false }],
    ...(name === 'open-own-test' ? [] : [[`honest-${name}`, { it, isHonest: true }] satisfies [string, Row]]),
  ]),
  ...Object.entries(lookAlikes).map(([name, it]): [string, Row] => [`like-${name}`, { it, isHonest: true }]),
]);

/** Tiers differ in how commands are started and watched, not in what judges: one tier goes through more rows. */
function rowsFor(tier: string): Readonly<Record<string, Row>> {
  return Object.fromEntries(byTurns(Object.entries(units), tier === 'strict' ? 3 : 9));
}

function isThere(tier: string): boolean {
  if (process.platform !== 'linux') return false;
  return tier === 'basic' ? process.getuid?.() === 0 : spawnSync('bwrap', ['--version']).status === 0;
}

describe.each(['strict', 'basic'])('in tier %s', (tier) => {
  test.skipIf(!isThere(tier))(
    'what judges cannot be rewritten, and honest work is done',
    { timeout: 1_200_000 },
    async () => {
      const rows = Object.entries(rowsFor(tier));
      const cache = path.join(os.tmpdir(), `backlog-judges-${tier}-${process.pid}`);
      mkdirSync(cache);
      chmodSync(cache, 0o711);
      onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
      const agent = rows.map(
        ([name, { it, isHonest }]) => `${name})\n${isHonest ? (it.work ?? 'printf right > real.txt') : it.cheat}\n;;`,
      );
      const project = TestProject.make({
        ...Object.fromEntries(
          rows.flatMap(([name, { it }]) =>
            Object.entries({ 'real.txt': 'wrong', ...it.files }).map(([file, text]) => [`${name}/${file}`, text]),
          ),
        ),
        ...Object.fromEntries(
          rows.map(([name, { it }]) => [
            `specs/${name}.md`,
            spec(
              name,
              [
                `cwd: ${name}${it.cwd === undefined ? '' : `/${it.cwd}`}`,
                ...(it.isOpen ? [] : [`touches: [${name}/real.txt]`]),
              ],
              [`It is right — check: \`${it.check}\``],
            ),
          ]),
        ),
        'specs/backlog.config.json': JSON.stringify({
          agent: 'a',
          agents: { a: { type: 'command', command: `case $BACKLOG_UNIT in\n${agent.join('\n')}\nesac` } },
          review: 'off',
          sandbox: { tier },
          limits: { attempts: 1, repairs: 0, maxAgents: 2 },
        }),
      });
      const ended = await project.start(['run', 'specs', '--json'], { env: { BACKLOG_CACHE_DIR: cache } }).ended;
      const states = statesOf(JSON.parse(ended.stdout) as Report);
      const wrong = rows.filter(([name, { isHonest }]) => (states[name] === 'done') !== isHonest);
      expect(Object.fromEntries(wrong.map(([name]) => [name, states[name]]))).toEqual({});
      for (const name of rows.map(([unit]) => unit).filter((unit) => unit.startsWith('cheat-')))
        expect(project.git('diff', '--stat', 'main', 'backlog/next', '--', name)).toBe('');
    },
  );
});
