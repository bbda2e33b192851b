import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

const fetched = 'backlog/next:backlog/next refs/backlog/landings:refs/backlog/landings';

/** A run's landings in a bare repository, and a clone of the last commit of its first branch. */
async function shallowClone(): Promise<{ it: TestProject; clone: string; git: (...args: readonly string[]) => void }> {
  const it = TestProject.make({ ...scripted([writeFile]), ...fileUnit('a'), ...fileUnit('b') });
  await it.run(0);
  const clone = path.join(it.outside, 'clone');
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', args, { cwd: clone, env: it.env, stdio: 'pipe' });
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${it.root}`, clone], { env: it.env, stdio: 'pipe' });
  return { it, clone, git };
}

test('a shallow clone is refused where landings are, however little of them it has, until it is whole', async () => {
  const { it, clone, git } = await shallowClone();
  const run = async (): Promise<{ code: number | null; stderr: string }> => {
    const { code, stderr } = await it.start(['run', 'specs', '--quiet'], { cwd: clone }).ended;
    return { code, stderr };
  };
  const refused = {
    code: 2,
    stderr: `error: ${clone} is a shallow clone: it lacks the history that tells which units have landed [shallow-clone]\n  Fetch the rest: git fetch --unshallow. In GitHub Actions: "fetch-depth: 0" for actions/checkout. In GitLab CI: GIT_DEPTH: 0.\n`,
  };
  for (const depth of [['--depth=1'], ['--depth=2'], []]) {
    git('fetch', '--quiet', ...depth, 'origin', ...fetched.split(' '));
    expect(await run()).toEqual(refused);
  }
  git('update-ref', '-d', 'refs/heads/backlog/next');
  expect(await run()).toEqual(refused);
  git('fetch', '--quiet', '--unshallow', 'origin', 'backlog/next:backlog/next');
  expect(await run()).toEqual({ code: 0, stderr: '' });
});

test('a shallow clone in which nothing landed yet is as good as any', async () => {
  const { it, clone } = await shallowClone();
  const ended = await it.start(['run', 'specs', '--quiet', '--json'], { cwd: clone }).ended;
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  expect(it.git('-C', clone, 'log', '--format=%s', 'backlog/next', '--not', 'HEAD').split('\n').length).toBe(2);
});
