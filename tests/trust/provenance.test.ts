import path from 'node:path';
import { rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { byTurns } from '../support/by-turns.ts';
import { append, onUnit, script, unlessThere, write } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

/*
 * Who says that a unit is done? Its author, in the file, and we, by a recorded landing: nobody else's commit does, whatever
 * it says of itself. What only says so starts no agent, and waits for a person.
 */

const worked = append('$BACKLOG_UNIT.txt', 'worked');
const unit = (name: string, front: readonly string[] = []): Record<string, string> => ({
  [`specs/${name}.md`]: spec(
    name.toUpperCase(),
    [`touches: [${name}.txt]`, ...front],
    [`There — check: \`test -f ${name}.txt\``],
  ),
});

/** What a landing says of its criteria: the same in every repository, as long as the text is. */
function trailersOf(project: TestProject, name: string): string {
  const log = project.git('log', '--format=%B%x00', 'backlog/next').split('\0');
  return (
    /Backlog-Unit: [\s\S]*/.exec(log.find((one) => one.includes(`Backlog-Unit: ${name}\n`)) ?? '')?.[0].trim() ?? ''
  );
}

/** A project without any state of ours, and trailers that fit its units. */
async function forger(): Promise<{ project: TestProject; trailers: string }> {
  const files = { ...scripted(worked), ...unit('a'), ...unit('b', ['depends: [a]']) };
  const other = TestProject.make(files);
  await other.run(0);
  return { project: TestProject.make(files), trailers: trailersOf(other, 'a') };
}

function states(stdout: string): Record<string, string> {
  const { units } = JSON.parse(stdout) as { units: { id: string; state: string }[] };
  return Object.fromEntries(units.map(({ id, state }) => [id, state]));
}

describe('a commit with our trailers and no record of ours', { timeout: 600_000 }, () => {
  const tick = (project: TestProject): void =>
    project.write({ 'specs/a.md': project.read('specs/a.md').replace('- [ ]', '- [x]') });
  const rows: readonly (readonly [string, (project: TestProject, trailers: string) => void])[] = [
    ['on HEAD', (project, trailers) => void project.commit(`Fix a typo\n\n${trailers}`)],
    [
      'on HEAD, as a merge',
      (project, trailers) => {
        project.git('switch', '--quiet', '--create', 'theirs');
        project.commit('Theirs');
        project.git('switch', '--quiet', 'main');
        project.git('merge', '--quiet', '--no-ff', '-m', `Merge\n\n${trailers}`, 'theirs');
      },
    ],
    [
      'on the branch',
      (project, trailers) => {
        project.git('switch', '--quiet', '--create', 'backlog/next');
        project.commit(`Do A\n\n${trailers}`);
        project.git('switch', '--quiet', 'main');
      },
    ],
    [
      'on the branch, with the box ticked',
      (project, trailers) => {
        project.git('switch', '--quiet', '--create', 'backlog/next');
        tick(project);
        project.commit(`Do A\n\n${trailers}`);
        project.git('switch', '--quiet', 'main');
      },
    ],
    [
      'on the branch, where the box alone is ticked',
      (project) => {
        project.git('switch', '--quiet', '--create', 'backlog/next');
        tick(project);
        project.commit('Nothing to see here');
        project.git('switch', '--quiet', 'main');
      },
    ],
    [
      'on the branch, with a record of the same words for another commit',
      (project, trailers) => {
        project.git('switch', '--quiet', '--create', 'backlog/next');
        const commit = project.commit(`Do A\n\n${trailers}`);
        project.git('switch', '--quiet', 'main');
        const tree = project.git('rev-parse', `${commit}^{tree}`);
        const of = (name: string): string => new RegExp(`Backlog-${name}: (.*)`).exec(trailers)?.[1] ?? '';
        const record = {
          ...{ version: 1, what: 'landed', unit: 'a', criteria: of('Criteria'), commit: '0'.repeat(40), tree },
          ...{ run: of('Run'), attempt: of('Attempt'), undone: '', at: 1, by: null, judged: null },
        };
        const chain = project.git(
          'commit-tree',
          '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
          '-m',
          `x\n\n${JSON.stringify(record)}`,
        );
        project.git('update-ref', 'refs/backlog/landings', chain);
      },
    ],
  ];
  test.each(byTurns(rows, 2))('%s: starts no agent, lands nothing, and what depends on it waits', async (_, forge) => {
    const { project, trailers } = await forger();
    forge(project, trailers);
    const list = await project.backlog('list', '--json');
    expect(states(list.stdout)).toEqual({ a: 'awaiting', b: 'waiting' });
    const ended = await project.backlog('run', 'specs');
    expect([ended.code, ended.stdout]).toEqual([
      5,
      expect.stringContaining('Nothing landed on backlog/next') as string,
    ]);
    expect(project.git('log', '--all', '--format=%s')).not.toContain('Do B');
    expect(spawnSync('git', ['show', 'backlog/next:a.txt'], { cwd: project.root }).status).not.toBe(0);
    expect((await project.backlog('adopt', '--no-checks')).code).toBe(5);
  });

  test('is shown with its author and checks; a person accepts it, and says no to another', async () => {
    const { project, trailers } = await forger();
    project.git('switch', '--quiet', '--create', 'backlog/next');
    project.commit(`Do A\n\n${trailers}`);
    project.git('switch', '--quiet', 'main');
    const shown = await project.backlog('adopt', '--json');
    expect([shown.code, JSON.parse(shown.stdout)]).toMatchObject([
      5,
      {
        branch: 'backlog/next',
        waiting: 1,
        claims: [
          { id: 'a', commit: { author: 'Ada <ada@example.org>', title: 'Do A' }, checks: 'red', answer: 'waits' },
        ],
      },
    ]);
    expect((await project.backlog('adopt', '--all')).code).toBe(5); // not what is red, unless it is named
    expect((await project.backlog('adopt', 'b')).stderr).toContain('[not-claimed]');
    expect((await project.backlog('adopt', '--refuse', 'a')).code).toBe(0);
    expect(statesOf(await project.run(0))).toEqual({ a: 'done', b: 'done' });
    expect(project.landed('a.txt')).toBe('worked');
  });

  test('of work that is really there is accepted as a whole, and then judged by nobody again', async () => {
    const { project } = await forger();
    await project.run(0);
    project.git('update-ref', '-d', 'refs/backlog/landings'); // as an earlier version left it, or a clone that fetched the branch alone
    expect(states((await project.backlog('list', '--json')).stdout)).toEqual({ a: 'awaiting', b: 'awaiting' });
    const adopted = await project.backlog('adopt', '--all');
    expect([adopted.code, adopted.stdout.match(/^ {2}adopted$/gm)?.length]).toEqual([0, 2]);
    expect(states((await project.backlog('list', '--json')).stdout)).toEqual({ a: 'done', b: 'done' });
    expect((await project.backlog('adopt')).stdout).toBe('Every landing on backlog/next has a record.\n');
    expect((await project.backlog('run', 'specs')).stdout).toContain('everything in this folder is done');
    expect(project.git('log', '--format=%B', '-2', 'refs/backlog/landings')).toContain('"by":');
  });
});

describe('honest ways of being done stay so', { timeout: 600_000 }, () => {
  test("an author's tick in the file as it is; the branch merged home; a clone that fetched the records", async () => {
    const { project } = await forger();
    await project.run(0);
    const clone = (name: string, ...refs: readonly string[]): string => {
      const at = path.join(project.outside, name);
      const git = (...args: readonly string[]): void => {
        const done = spawnSync('git', ['-C', at, ...args], { encoding: 'utf8', env: project.env });
        if (done.status !== 0) throw new Error(done.stderr);
      };
      spawnSync('git', ['clone', '--quiet', project.root, at], { env: project.env });
      if (refs.length > 0) git('fetch', '--quiet', 'origin', ...refs);
      return at;
    };
    const list = async (at: string): Promise<Record<string, string>> =>
      states((await project.start(['list', 'specs', '--json'], { cwd: at }).ended).stdout);
    const branch = 'backlog/next:backlog/next';
    expect(await list(clone('alone', branch))).toEqual({ a: 'awaiting', b: 'awaiting' });
    expect(await list(clone('whole', branch, 'refs/backlog/landings:refs/backlog/landings'))).toEqual({
      a: 'done',
      b: 'done',
    });
    project.git('merge', '--quiet', 'backlog/next');
    expect(await list(clone('home'))).toEqual({ a: 'done', b: 'done' }); // the author took the ticks over
    rmSync(path.join(project.root, 'specs/.backlog'), { recursive: true, force: true });
    expect(await list(project.root)).toEqual({ a: 'done', b: 'done' });
  });
});

test('what is undone is judged, also where the queue knows nothing of the unit', { timeout: 600_000 }, async () => {
  const project = TestProject.make({
    ...scripted(worked, { checks: { whole: '! test -f b.txt || test -f a.txt' } }),
    ...unit('a'),
    ...unit('b', ['depends: [a]']),
  });
  await project.run(0);
  const before = project.git('rev-parse', 'backlog/next');
  for (const state of ['specs/.backlog', '.git/backlog'])
    rmSync(path.join(project.root, state), { recursive: true, force: true });
  const undo = await project.backlog('undo', 'a');
  expect([undo.code, undo.stderr]).toEqual([2, expect.stringContaining('without a the branch would be red') as string]);
  expect(project.git('rev-parse', 'backlog/next')).toBe(before);
});

/*
 * A test that an agent wrote is its own word, also once it has landed: a later version of the same unit is not proven by it.
 * A test of a person is not that, nor one that another unit landed.
 */
describe('a test that an earlier landing of the same unit brought', { timeout: 600_000 }, () => {
  const planted = [
    "import test from 'node:test';",
    "import assert from 'node:assert';",
    "import { x } from '../src.mjs';",
    "test('x', () => assert.equal(x, 2));",
  ];
  const agent = (writer: string): string =>
    script(
      '[ -f src.mjs ] && x=2 || x=1; echo "export const x = $x;" > src.mjs',
      onUnit(writer, unlessThere('tests/a.test.mjs', 'mkdir -p tests', write('tests/a.test.mjs', ...planted))),
    );
  const first = spec('U', ['touches: [src.mjs, "tests/**", w.txt]'], ['There — check: `test -f src.mjs`']);
  const later = (check: string): string =>
    spec(
      'U',
      ['touches: [src.mjs, "tests/**", w.txt]'],
      ['There — check: `test -f src.mjs`', `Two — check: \`${check}\``],
    );

  const rows: readonly (readonly [what: string, check: string, edit: string | null, end: string])[] = [
    ['and that its check names', 'node --test tests/a.test.mjs', null, 'failed: no-evidence'],
    ['and that its check finds', 'node --test', null, 'failed: no-evidence'],
    ['and that a person wrote anew since', 'node --test tests/a.test.mjs', '// Ada saw to it.\n', 'done'],
  ];
  for (const [what, check, edit, end] of byTurns(rows, 2)) {
    test(`${what}: ${end}`, async () => {
      const project = TestProject.make({
        ...scripted(agent('u'), { limits: { attempts: 1, repairs: 0 } }),
        'specs/u.md': first,
      });
      expect(statesOf(await project.run(0))).toEqual({ u: 'done' });
      project.git('merge', '--quiet', 'backlog/next');
      if (edit !== null) project.write({ 'tests/a.test.mjs': edit + project.read('tests/a.test.mjs') });
      project.write({ 'specs/u.md': later(check) });
      project.commit('Ask for more');
      expect(statesOf(await project.run(end === 'done' ? 0 : 1))).toEqual({ u: end });
    });
  }
});
