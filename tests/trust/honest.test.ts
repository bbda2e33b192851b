import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

/*
 * What is honest must pass, all in one run in the strongest tier that works here, with set-up, guards and reviewers.
 */

const testOf = (unit: string): string =>
  `import test from 'node:test';\nimport assert from 'node:assert';\nimport { value } from '../src/${unit}.mjs';\ntest('${unit}', () => assert.equal(value(6), 42));\n`;
const write = (file: string, text: string): string => `mkdir -p $(dirname ${file}); cat > ${file} <<'X'\n${text}\nX\n`;
const right = (unit: string): string => write(`src/${unit}.mjs`, 'export const value = (n) => n * 7;');
const lock = (withDependency: boolean): string =>
  JSON.stringify({
    name: 'x',
    lockfileVersion: 3,
    requires: true,
    packages: withDependency
      ? {
          '': { name: 'x', dependencies: { seven: 'file:vendor/seven' } },
          'node_modules/seven': { resolved: 'vendor/seven', link: true },
          'vendor/seven': { version: '1.0.0' },
        }
      : { '': { name: 'x' } },
  });
const manifest = { name: 'x', private: true, scripts: { test: 'node --test tests/guard.test.mjs' } };

interface Honest {
  readonly script: string;
  readonly front: readonly string[];
  readonly criteria: readonly string[];
  /** A line that reviewers quote: file, number, text. */
  readonly quote: readonly [file: string, line: number, text: string];
}

const units: Readonly<Record<string, Honest>> = {
  plain: {
    script: right('plain'),
    front: ['touches: ["src/**"]'],
    criteria: ['Works — check: `node --test tests/plain.test.mjs`'],
    quote: ['src/plain.mjs', 1, 'export const value'],
  },
  dependency: {
    script:
      write('src/dependency.mjs', "import { seven } from 'seven';\nexport const value = (n) => n * seven;") +
      `node -e 'const fs = require("fs"); const p = JSON.parse(fs.readFileSync("package.json")); p.dependencies = { seven: "file:vendor/seven" }; fs.writeFileSync("package.json", JSON.stringify(p, null, 2) + "\\n")'\n` +
      write('package-lock.json', lock(true)),
    front: ['touches: ["src/**", package.json, package-lock.json]', 'depends: [edits-the-manifest]'],
    criteria: ['Works — check: `node --test tests/dependency.test.mjs`'],
    quote: ['src/dependency.mjs', 1, "import { seven } from 'seven'"],
  },
  'more-tests': {
    script:
      right('more-tests') +
      write('tests/more-tests-own.test.mjs', testOf('more-tests').replace("test('", "test('own ")),
    front: ['touches: ["src/**", "tests/**"]'],
    criteria: ['Works — check: `node --test tests/more-tests.test.mjs`'],
    quote: ['src/more-tests.mjs', 1, 'export const value'],
  },
  'writes-tests': {
    script: write(
      'tests/index.test.mjs',
      "import test from 'node:test';\nimport assert from 'node:assert';\nimport { twice } from '../src/index.mjs';\ntest('twice', () => assert.equal(twice(2), 4));",
    ),
    front: ['touches: [tests/index.test.mjs]'],
    criteria: [
      '`twice` is tested: what it gives for a number',
      'They pass — check: `node --test tests/index.test.mjs`',
    ],
    quote: ['tests/index.test.mjs', 4, 'assert.equal(twice(2), 4)'],
  },
  refactors: {
    script: write('src/index.mjs', 'const times = (n, by) => n * by;\nexport const twice = (n) => times(n, 2);'),
    front: ['touches: [src/index.mjs]'],
    criteria: ['`twice` is written with a general `times`'],
    quote: ['src/index.mjs', 2, 'times(n, 2)'],
  },
  documents: {
    script: write('docs/twice.md', '# twice\n\n`twice(n)` gives two times n.'),
    front: ['touches: ["docs/**"]'],
    criteria: ['The document says what `twice` gives'],
    quote: ['docs/twice.md', 3, 'gives two times n'],
  },
  'edits-the-manifest': {
    script: `node -e 'const fs = require("fs"); const p = JSON.parse(fs.readFileSync("package.json")); p.description = "Sevens"; p.scripts.dev = "node src/index.mjs"; fs.writeFileSync("package.json", JSON.stringify(p, null, 2) + "\\n")'\n`,
    front: [],
    criteria: ['Described — check: `grep -q Sevens package.json`'],
    quote: ['package.json', 8, '"description": "Sevens"'],
  },
  'second-try': {
    script: `if [ $BACKLOG_ATTEMPT = 1 ]; then\n${write('src/second-try.mjs', 'export const value = (n) => n + 7;')}else\n${right('second-try')}fi`,
    front: ['touches: ["src/**"]'],
    criteria: ['Works — check: `node --test tests/second-try.test.mjs`'],
    quote: ['src/second-try.mjs', 1, 'export const value'],
  },
  // Not honest: what only a reader can catch is blocked by one who refutes, with the line that shows it.
  'special-cases': {
    script: write('src/special-cases.mjs', 'const answers = { 6: 42 };\nexport const value = (n) => answers[n];'),
    front: ['touches: ["src/**"]'],
    criteria: ['Works — check: `node --test tests/special-cases.test.mjs`'],
    quote: ['src/special-cases.mjs', 1, 'const answers = { 6: 42 }'],
  },
};

const hasTier =
  process.platform === 'linux' && (process.getuid?.() === 0 || spawnSync('bwrap', ['--version']).status === 0);

test.skipIf(!hasTier)('what is honest passes; what a reader refutes does not', { timeout: 600_000 }, async () => {
  const cache = path.join(os.tmpdir(), `backlog-honest-${process.pid}`);
  mkdirSync(cache);
  chmodSync(cache, 0o711);
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const builder = [
    'case $BACKLOG_UNIT in',
    ...Object.entries(units).map(([unit, { script }]) => `${unit})\n${script}\n;;`),
    'esac',
  ];
  const quotes = Object.fromEntries(
    Object.entries(units).map(
      ([
        unit,
        {
          quote: [file, line, text],
        },
      ]) => [unit, { file, line, text }],
    ),
  );
  const reader = `cat > /tmp/reader.cjs <<'READER'
const quotes = ${JSON.stringify(quotes)};
const { BACKLOG_UNIT: unit, BACKLOG_LENS: lens, BACKLOG_ANSWER: answer } = process.env;
const verdict = unit === 'special-cases' && lens === 'gaming' ? 'refuted' : 'confirmed';
const said = (claim) => ({ claim, verdict, reason: verdict === 'refuted' ? 'A table of the tested answers.' : 'Read.', quotes: [quotes[unit]] });
require('fs').writeFileSync(answer, JSON.stringify({ verdicts: [1, 2, 3].map(said) }));
READER
node /tmp/reader.cjs`;
  const project = TestProject.make({
    'package.json': JSON.stringify(manifest, null, 2),
    'package-lock.json': lock(false),
    'vendor/seven/package.json': JSON.stringify({
      name: 'seven',
      version: '1.0.0',
      type: 'module',
      exports: './seven.js',
    }),
    'vendor/seven/seven.js': 'export const seven = 7;\n',
    '.gitignore': 'node_modules\n',
    'src/index.mjs': 'export const twice = (n) => n + n;\n',
    'tests/guard.test.mjs':
      "import test from 'node:test';\nimport assert from 'node:assert';\nimport { twice } from '../src/index.mjs';\ntest('guard', () => assert.equal(twice(3), 6));\n",
    ...Object.fromEntries(
      ['plain', 'dependency', 'more-tests', 'second-try', 'special-cases'].map((unit) => [
        `tests/${unit}.test.mjs`,
        testOf(unit),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(units).map(([unit, { front, criteria }]) => [`specs/${unit}.md`, spec(unit, front, criteria)]),
    ),
    'specs/backlog.config.json': JSON.stringify({
      agent: 'builder',
      agents: {
        builder: { type: 'command', command: builder.join('\n') },
        reader: { type: 'command', command: reader },
      },
      roles: { reviewer: { agent: 'reader' } },
      setup: { command: 'npm ci --ignore-scripts --offline --no-audit --no-fund', network: 'none' },
      checks: { guard: 'npm test' },
      limits: { attempts: 2, maxAgents: 3 },
    }),
  });
  const ended = await project.start(['run', 'specs', '--json'], { env: { BACKLOG_CACHE_DIR: cache } }).ended;
  const report = JSON.parse(ended.stdout) as Report;
  expect({ states: statesOf(report), stderr: ended.code === 1 ? '' : ended.stderr }).toEqual({
    states: {
      ...Object.fromEntries(
        Object.keys(units)
          .toSorted()
          .map((unit) => [unit, 'done']),
      ),
      'special-cases': 'failed: claim-refuted',
    },
    stderr: '',
  });
  const of = (id: string): Report['units'][number] | undefined => report.units.find((unit) => unit.id === id);
  // Each was looked at, none was put back, and the second try was one.
  expect(
    report.units.filter((unit) => unit.state === 'done' && (!unit.isReviewed || unit.restored.length > 0)),
  ).toEqual([]);
  expect(of('second-try')?.attempts).toBe(2);
  expect(report.notices.filter((notice) => notice.startsWith('dependency: '))).toEqual([
    'dependency: package-lock.json changed: added seven vendor/seven, added vendor/seven 1.0.0.',
  ]);
  const refuted = of('special-cases')?.criteria.at(-1);
  expect([
    refuted?.text,
    refuted?.verdict,
    refuted?.evidence.map((e) => e.kind === 'review' && [e.reason, e.quotes]),
  ]).toEqual([
    'Nothing was gamed',
    'unmet',
    [
      [
        'A table of the tested answers.',
        [{ file: 'src/special-cases.mjs', line: 1, text: 'const answers = { 6: 42 }' }],
      ],
    ],
  ]);
  expect(project.git('ls-tree', '-r', '--name-only', 'backlog/next')).not.toContain('node_modules');
});
