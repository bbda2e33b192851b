import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { spec, TestProject } from '../support/project.ts';

/* Repositories, users and machines that differ from the usual ones. */

const main = path.resolve(import.meta.dirname, '../../dist/main.js');
const isRoot = process.getuid?.() === 0;

/** A project whose agent is a shell script. */
function scripted(script: string, files: Readonly<Record<string, string>>, config: object = {}): TestProject {
  const all = {
    agent: 'script',
    agents: { script: { type: 'command', command: script, costUsd: 0 } },
    review: 'off',
    limits: { attempts: 1, repairs: 0 },
    ...config,
  };
  return TestProject.make({ 'specs/backlog.config.json': JSON.stringify(all), ...files });
}

describe.skipIf(!isRoot)('a user id without an account', () => {
  /** Gives a project to such a user; returns how a command ends for them. */
  function asStranger(project: TestProject): (env: Record<string, string>, ...args: string[]) => string {
    spawnSync('chown', ['-R', '54321:54321', path.dirname(project.root)]);
    chmodSync(path.dirname(project.root), 0o755);
    const { PATH, GIT_CONFIG_GLOBAL } = project.env;
    return (env, ...args) => {
      const as = ['--reuid', '54321', '--regid', '54321', '--clear-groups', process.execPath, main, ...args];
      const given = { PATH, GIT_CONFIG_GLOBAL, ...env };
      const { status, stdout, stderr } = spawnSync('setpriv', as, { cwd: project.root, env: given, encoding: 'utf8' });
      return `exit ${status ?? '?'}\n${stdout}${stderr}`;
    };
  }

  test('works without HOME, and is told what to set where a folder is needed', () => {
    const project = scripted('echo hello > $BACKLOG_UNIT.txt', {
      'specs/one.md': spec('One', ['touches: [one.txt]'], ['There — check: `grep -q hello one.txt`']),
      'specs/two.md': spec('Two', ['touches: [two.txt]'], ['There — check: `false`']),
    });
    const run = asStranger(project);
    const cache = { BACKLOG_CACHE_DIR: path.join(project.outside, 'cache') };
    expect(run({}, 'run', 'specs')).toBe(
      'exit 2\n' +
        'error: there is no place for workspaces: HOME is not set, and the user id 54321 has no account with a home folder [no-home]\n' +
        '  Set HOME to a folder that this user can write, or name a folder in BACKLOG_CACHE_DIR.\n',
    );
    expect(run(cache, 'run', 'specs')).toMatch(/^exit 1\n(?=[^]*one: done ✓)(?=[^]*two: failed)/);
    expect(run(cache, 'doctor', 'specs')).toMatch(/^exit 0\n/);
    expect(run(cache, 'retry', 'two', '--specs', 'specs')).toBe('exit 0\ntwo is tried again\n');
    expect(run(cache, 'undo', 'one', '--specs', 'specs')).toMatch(/^exit 0\none is undone by/);
    expect(run(cache, 'trust', 'specs')).toMatch(/^exit 0\n/);
    const show = project.git('-c', `safe.directory=${project.root}`, 'log', '--format=%an %B', 'refs/backlog/landings');
    expect(show).toContain('"by":"user 54321"');
    mkdirSync(path.join(project.outside, 'bare'));
    const noRepository = run(cache, 'init', path.join(project.outside, 'bare/specs'));
    expect(noRepository).toMatch(/^exit [012]\n(?!.*Internal error)/s);
  }, 120_000);
});
