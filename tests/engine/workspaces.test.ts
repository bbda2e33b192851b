import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exceptOn, script, touch, write } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

describe('set-up', () => {
  const lock = (version: string): string =>
    JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/x': { version } } });
  const make = (agent: string, more: object = {}): { it: TestProject; ran: () => string[] } => {
    const it = TestProject.make({
      'package-lock.json': lock('1'),
      'packages/a/index.js': '',
      'specs/u.md': spec(
        'U',
        ['touches: [u.txt, package-lock.json]'],
        ['x — check: `test -f u.txt && grep -q . node_modules/x && test -f packages/a/built`'],
      ),
      'specs/v.md': spec('V', ['touches: [v.txt]'], ['x — check: `test -f v.txt && grep -q version node_modules/x`']),
    });
    const log = path.join(it.outside, 'log');
    const setup = `echo run \${npm_config_ignore_scripts:-} >> ${log}; mkdir node_modules; grep -o '"version":"."' package-lock.json > node_modules/x; touch packages/a/built`;
    it.write(scripted(agent, { setup, ...more }));
    it.commit('Configured');
    const ran = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []);
    return { it, ran };
  };

  test('runs once for all units, checks and later runs; what it adds is no work of anybody', async () => {
    const { it, ran } = make(
      script('set -e', 'test -f node_modules/x', write('node_modules/x', 'broken'), touch('$BACKLOG_UNIT.txt')),
    );
    expect(statesOf(await it.run(0))).toEqual({ u: 'done', v: 'done' });
    expect(it.git('ls-tree', '-r', '--name-only', 'backlog/next').split('\n')).toEqual([
      'package-lock.json',
      'packages/a/index.js',
      'specs/backlog.config.json',
      'specs/u.md',
      'specs/v.md',
      'u.txt',
      'v.txt',
    ]);
    it.write({ 'specs/w.md': spec('W', [], ['x — check: `test -f w.txt`']) });
    expect(statesOf(await it.run(0))).toEqual({ u: 'done', v: 'done', w: 'done' });
    expect(ran()).toEqual(['run']);
  });

  test('runs again, without scripts of packages, for a lockfile that the unit may change; the change is told', async () => {
    const { it, ran } = make(script(touch('$BACKLOG_UNIT.txt'), exceptOn('v', write('package-lock.json', lock('2')))));
    const report = await it.run(0, '--max-agents', '1');
    expect(statesOf(report)).toEqual({ u: 'done', v: 'done' });
    // Once for the branch, once for what the unit made of it, once for what the branch has since that landed.
    expect(ran()).toEqual(['run', 'run true', 'run']);
    expect(report.notices).toContain('u: package-lock.json changed: x 1 → 2.');
  });

  test('that fails on the base ends the run before an agent starts', async () => {
    const { it } = make(touch('$BACKLOG_UNIT.txt'), { setup: 'echo no such package; exit 7' });
    const report = await it.run(1);
    expect(report.environment).toEqual({ command: 'echo no such package; exit 7', excerpt: 'no such package\n' });
  });

  test('that fails on what a unit made is told as the output of its checks', async () => {
    const { it } = make(script(touch('$BACKLOG_UNIT.txt'), write('package-lock.json', 'broken')), {
      setup:
        'grep -q lockfileVersion package-lock.json && mkdir node_modules && cp package-lock.json node_modules/x && touch packages/a/built',
      limits: { attempts: 1 },
    });
    const report = await it.run(1);
    expect(statesOf(report)).toEqual({ u: 'failed: check-failed', v: 'done' });
    const end = report.units[0]?.criteria[0]?.evidence.find((e) => e.kind === 'command' && e.on === 'candidate');
    expect(end?.kind === 'command' && end.excerpt.split('\n')[0]).toMatch(
      /^The set-up `.*` failed, so this check did not run:$/,
    );
  });
});

test('a unit with its own folder: its agent works there, its checks run there, and name their files from there', async () => {
  const it = TestProject.make({
    ...scripted(
      [
        'pwd | grep -q packages/a$ || exit 1',
        write('one.mjs', 'export const one = 1;'),
        write('tests/one.test.mjs', ''),
      ],
      { limits: { attempts: 1 } },
    ),
    'packages/a/tests/one.test.mjs':
      "import t from 'node:test'; import assert from 'node:assert'; import { one } from '../one.mjs';\nt('one', () => assert.equal(one, 1));\n",
    'packages/a/one.mjs': '',
    'specs/u.md': spec('U', ['cwd: packages/a'], ['One — check: `node --test tests/one.test.mjs`']),
  });
  const report = await it.run(0);
  const [unit] = report.units;
  expect([unit?.state, unit?.restored, unit?.files]).toEqual([
    'done',
    ['packages/a/tests/one.test.mjs'],
    ['packages/a/one.mjs'],
  ]);
  expect(
    unit?.criteria[0]?.evidence.map((e) => (e.kind === 'command' ? e.cwd : e.kind === 'canary' && e.verdict)),
  ).toEqual(['packages/a', 'packages/a', 'caught']);
});

test('with history, checks see what came before on the branch and nothing else of the repository; agents see none', async () => {
  const log = 'git log --format=%s | grep -q "The beginning" && git status --porcelain | grep -c . | grep -q 0';
  const it = TestProject.make({
    'base.txt': 'base\n',
    ...scripted('git log --format=%s > "$BACKLOG_UNIT.txt"', { history: true }),
    'specs/.gitignore': '',
  });
  it.write({ 'base.txt': 'stashed\n' });
  it.git('stash', '--quiet');
  const stash = it.git('rev-parse', 'stash@{0}');
  it.git('checkout', '--quiet', '-b', 'private');
  const secret = it.commit('Another branch');
  it.git('checkout', '--quiet', 'main');
  const none = [stash, secret].map((commit) => `! git cat-file -e ${commit}`).join(' && ');
  it.write({
    'specs/u.md': spec('U', [], [`x — check: \`test -f u.txt && ${log}\``, `y — check: \`test -f u.txt && ${none}\``]),
    'specs/v.md': spec(
      'V',
      ['depends: [u]'],
      [`x — check: \`test -f v.txt && git log --format=%s | grep -q "^U" && ${none}\``],
    ),
  });
  it.commit('The specs');
  expect(statesOf(await it.run(0))).toEqual({ u: 'done', v: 'done' });
  expect(it.landed('u.txt')).toBe('The state of the branch');
});
