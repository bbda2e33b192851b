import { expect, test } from 'vitest';
import { scripted, spec, TestProject } from '../support/project.ts';

/** What each check is warned about; null for none. Files in `now` are written after the commit. */
const checks: readonly (readonly [command: string, warning: string | null])[] = [
  ['node --test tests/new.test.mjs', 'tests/new.test.mjs is not committed'],
  ['cd packages/app && node --test tests/own.test.mjs', 'packages/app/tests/own.test.mjs is not committed'],
  ['node --test tests/', 'tests/new.test.mjs, tests/test_new.py are not committed'],
  ['npm test', 'tests/new.test.mjs is not committed'],
  ['npm run lint', 'tools/lint.sh is not committed'],
  ['python3 -m tools.audit', 'tools/audit.py is not committed'],
  ['pytest tests/test_new.py::test_one', 'tests/test_new.py is not committed'],
  ['LEVEL=3 ./tools/lint.sh --config=tools/lint.json', 'tools/lint.sh, tools/lint.json are not committed'],
  ['grep -q yes fixtures/answers.txt', 'fixtures/answers.txt is not committed'],
  ['sh committed.sh', 'tools/lint.sh is not committed'],
  ['node --test tests/edited.test.mjs', 'tests/edited.test.mjs has changes that are not committed'],
  // Honest ones beside them.
  ['node --test tests/old.test.mjs', null],
  ['test -f out.txt', null],
  ['npm run build && node dist/main.js', null],
  ['echo "tests/new.test.mjs: see there" | grep -q there', null],
  ['test -f ../elsewhere.txt', null],
  ['true', null],
];

test('check and run warn of files that checks and agents name, and that are not committed', async () => {
  const project = TestProject.make({
    ...scripted('./agent.sh', {
      checks: { audit: 'sh tools/audit.sh' },
      review: 'off',
      limits: { attempts: 1, repairs: 0 },
    }),
    'specs/a.md': spec(
      'A',
      ['touches: [out.txt]'],
      checks.map(([command], at) => `${at} — check: \`${command}\``),
    ),
    'package.json': JSON.stringify({
      scripts: { test: 'node --test tests/new.test.mjs', lint: './tools/lint.sh', build: 'true' },
    }),
    '.gitignore': 'dist/\n',
    'committed.sh': './tools/lint.sh\n',
    'tests/old.test.mjs': '\n',
    'tests/edited.test.mjs': '\n',
    'tools/audit.sh': 'true\n',
  });
  project.write({
    'agent.sh': 'true\n',
    'dist/main.js': '\n',
    'tests/new.test.mjs': '\n',
    'tests/edited.test.mjs': '// more\n',
    'tests/test_new.py': '\n',
    'packages/app/tests/own.test.mjs': '\n',
    'tools/lint.sh': '\n',
    'tools/lint.json': '{}\n',
    'tools/audit.py': '\n',
    'tools/audit.sh': 'false\n',
    'fixtures/answers.txt': 'yes\n',
    'unnamed.txt': '\n',
  });
  const first = 10; // the line of the first criterion
  const { code, stdout } = await project.backlog('check');
  const said = stdout.split('\n').filter((line) => line.includes('[not-committed]'));
  const of = (line: number): string | null => {
    const one = said.find((text) => text.startsWith(`specs/a.md:${line}:1 warning: `));
    return one === undefined ? null : one.replace(/^.*? warning: /, '').replace(/; checks run on commits only.*/, '');
  };
  expect(code).toBe(0);
  expect(checks.map(([command], at) => [command, of(first + at)])).toEqual(checks.map((row) => [...row]));
  expect(said.filter((line) => line.startsWith('specs/backlog.config.json'))).toEqual([
    'specs/backlog.config.json warning: tools/audit.sh has changes that are not committed; checks run on commits only [not-committed]',
    'specs/backlog.config.json warning: agent.sh is not committed; agents see committed files only [not-committed]',
  ]);
  expect(stdout).toContain('\n  git add tests/new.test.mjs && git commit\n');

  const run = await project.backlog('run');
  expect(run.stderr.indexOf('agent.sh is not committed')).toBeGreaterThan(-1);
  expect(run.stderr.indexOf('agent.sh is not committed')).toBeLessThan(run.stderr.indexOf('wave 1'));
});
