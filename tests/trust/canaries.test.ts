import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { write } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

/*
 * The canary with runners other than node:test: honest work is done and its canary caught; a patched runner is found.
 */

const modules = path.resolve(import.meta.dirname, '../../node_modules');
const hasPytest = spawnSync('python3', ['-m', 'pytest', '--version']).status === 0;

interface Runner {
  readonly files: Readonly<Record<string, string>>;
  readonly check: string;
  readonly source: string;
  readonly honest: string;
  readonly patched: string;
  readonly setup: string;
}

const runners: Readonly<Record<string, Runner>> = {
  vitest: {
    files: {
      'tests/add.test.mjs':
        "import { expect, test } from 'vitest';\nimport { add } from '../add.mjs';\ntest('adds', () => expect(add(1, 2)).toBe(3));\n",
      'add.mjs': 'export const add = () => 0;\n',
    },
    check: 'node node_modules/vitest/vitest.mjs run tests/add.test.mjs --configLoader runner',
    source: 'add.mjs',
    honest: 'export const add = (a, b) => a + b;',
    patched:
      "import { chai } from 'vitest'; chai.Assertion.overwriteMethod('toBe', () => function () {}); export const add = () => 1;",
    setup: `ln -s ${modules} node_modules`,
  },
  pytest: {
    files: {
      'test_add.py': 'from add import add\n\ndef test_adds():\n    assert add(1, 2) == 3\n',
      'add.py': 'def add(a, b):\n    return 0\n',
    },
    check: 'python3 -m pytest -q -p no:cacheprovider test_add.py',
    source: 'add.py',
    honest: 'def add(a, b):\n    return a + b',
    patched:
      'class Any(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = int.__hash__\n\ndef add(a, b):\n    return Any(0)',
    setup: 'true',
  },
};

const there = Object.keys(runners).filter((name) => name !== 'pytest' || hasPytest);

test.each(there)('%s: honest work is done, and its canary caught; a patched runner is not trusted', async (name) => {
  const runner = runners[name];
  if (!runner) throw new Error(name);
  const ended = async (source: string): Promise<string> => {
    const it = TestProject.make({
      ...scripted(write(runner.source, source), {
        limits: { attempts: 1, checkTimeout: '60s' },
        setup: { command: runner.setup, network: 'none' },
      }),
      ...runner.files,
      'specs/u.md': spec('U', [`touches: [${runner.source}]`], [`Adds — check: \`${runner.check}\``]),
    });
    const run = await it.backlog('run', 'specs', '--json');
    const [unit] = (JSON.parse(run.stdout) as Report).units;
    const canary = unit?.criteria[0]?.evidence.find((evidence) => evidence.kind === 'canary');
    return `${unit?.state} ${unit?.failure?.reason ?? ''} ${canary?.verdict ?? ''}`;
  };
  expect(await ended(runner.honest)).toBe('done  caught');
  expect(await ended(runner.patched)).toBe('failed tampered missed');
});
