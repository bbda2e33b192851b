import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  append,
  blocked,
  confirm,
  fail,
  onUnit,
  pause,
  send,
  unlessBriefSays,
  waitFor,
} from '../support/agent-script.ts';
import { fileUnit as unit, scripted, spec, statesOf, TestProject, writeFile } from '../support/project.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
const states = async (project: TestProject): Promise<Record<string, string>> => {
  const { stdout } = await project.backlog('list', '--json');
  const { units } = JSON.parse(stdout) as { units: { id: string; state: string; attempts: number }[] };
  return Object.fromEntries(units.map((one) => [one.id, `${one.state} ${one.attempts}`]));
};

describe('which units run', () => {
  const files = {
    ...scripted(writeFile, { phases: ['one', 'two'] }),
    ...unit('a', ['phase: one', 'labels: [ui]']),
    ...unit('ab', ['phase: two']),
    ...unit('c', ['labels: [ui, slow]']),
  };

  test.each([
    [
      ['--only', 'a*'],
      ['a', 'ab'],
    ],
    [
      ['--only', 'A', '--only', 'c'],
      ['a', 'c'],
    ],
    [
      ['--exclude', 'a'],
      ['ab', 'c'],
    ],
    [['--phase', 'two'], ['ab']],
    [['--label', 'slow', '--only', 'c'], ['c']],
  ])('%j', async (flags, wanted) => {
    const project = TestProject.make(files);
    await project.run(0, ...flags);
    expect(project.landings().toSorted()).toEqual(wanted);
  });

  test.each([
    [['--only', 'zzz'], 'error: there is no unit "zzz" [unknown-unit]\n  There are: a, ab, c.\n'],
    [['--phase', 'tow'], 'error: there is no phase "tow" [unknown-phase]\n  Did you mean "two"?\n'],
    [['--label', 'uy'], 'error: there is no label "uy" [unknown-label]\n  Did you mean "ui"?\n'],
  ])('%j names nothing, and says so before anything starts', async (flags, message) => {
    const project = TestProject.make(files);
    expect(await project.backlog('run', 'specs', ...flags)).toEqual({ code: 2, stdout: '', stderr: message });
  });

  test('--max-units starts so many and leaves the rest; the next run goes on', async () => {
    const project = TestProject.make(files);
    await project.run(0, '--max-units', '2');
    expect(project.landings().length).toBe(2);
    await project.run(0);
    expect(project.landings().toSorted()).toEqual(['a', 'ab', 'c']);
  });

  test('--dry-run shows the plan and starts nothing', async () => {
    const project = TestProject.make(files);
    const shown = await project.backlog('run', 'specs', '--dry-run', '--only', 'c');
    expect(shown.stdout).toBe(
      'wave 1\n  c: C\nabout 5 min 0 s at 5 min 0 s per unit (a guess: nothing has run yet); one at a time 5 min 0 s; at most 1 in parallel; cost unknown\n',
    );
    expect(project.git('branch', '--list')).toBe('* main');
  });
});

test('--fail-fast starts nothing new after a failure; without it only what depends on it waits', async () => {
  const files = {
    ...scripted([onUnit('a', fail()), writeFile], { limits: { attempts: 1 } }),
    ...unit('a', ['priority: 9']),
    ...unit('b', ['depends: [a]']),
    ...unit('c'),
  };
  const project = TestProject.make(files);
  await project.run(1, '--fail-fast', '--max-agents', '1');
  expect(await states(project)).toEqual({ a: 'failed 1', b: 'waiting 0', c: 'ready 0' });
  await project.run(1, '--keep-going');
  expect(await states(project)).toEqual({ a: 'failed 1', b: 'waiting 0', c: 'done 0' });
});

describe('a run that may not take longer', () => {
  test('ends at its time: what is at work is stopped, burns no attempt, and exit is 3', async () => {
    const project = TestProject.make({ ...scripted(pause(60)), ...unit('a'), ...unit('b', ['depends: [a]']) });
    const report = await project.run(3, '--max-time', '2s');
    expect([statesOf(report), await states(project)]).toEqual([
      { a: 'ready', b: 'waiting' },
      { a: 'ready 0', b: 'waiting 0' },
    ]);
  });

  test('--until is a time of day, or a date with a time, in the future', async () => {
    const project = TestProject.make({ ...scripted(writeFile), ...unit('a') });
    expect((await project.backlog('run', 'specs', '--until', '25:00')).stderr).toContain(
      'error: invalid --until "25:00": expected a time, such as "06:30" or "2026-12-01T06:30" [invalid-option]\n',
    );
    expect((await project.backlog('run', 'specs', '--until', '2020-01-01T00:00')).stderr).toContain(
      'a time in the future',
    );
    await project.run(0, '--until', '23:59');
  });
});

test('a paused unit does not start until it is resumed; the run ends without it', async () => {
  const project = TestProject.make({ ...scripted(writeFile), ...unit('a'), ...unit('b') });
  expect((await project.backlog('pause', 'a')).stdout).toBe('a is paused\n');
  expect((await project.backlog('plan')).stdout).toContain(
    'would not start\n  a: is paused: "backlog resume" continues it',
  );
  await project.run(5);
  expect((await project.backlog('list')).stdout).toBe('paused  a  A\ndone    b  B\n');
  expect((await project.backlog('status')).stdout).toContain('\n◌ a  paused   backlog resume a\n');
  expect(await states(project)).toEqual({ a: 'ready 0', b: 'done 0' });
  expect((await project.backlog('resume', 'a')).stdout).toBe('a continues\n');
  await project.run(0);
  expect(project.landings()).toEqual(['b', 'a']);
});

test('a blocked unit will be retried with the answer of a person', async () => {
  const project = TestProject.make({
    ...scripted([unlessBriefSays('use port 80', blocked('which port?')), writeFile]),
    ...unit('a'),
  });
  await project.run(1);
  expect((await project.backlog('unblock', 'a')).stderr).toContain("required option '-m, --message <text>'");
  expect((await project.backlog('unblock', 'a', '-m', 'use port 80')).stdout).toBe(
    'a will be retried with the answer\n',
  );
  await project.run(0);
  expect(project.landings()).toEqual(['a']);
});

test('a run at work takes in what is added, paused, resumed and cancelled meanwhile', async () => {
  const project = TestProject.make({
    ...unit('a'),
    ...unit('b', ['depends: [a]']),
    ...unit('c', ['depends: [a]']),
  });
  const go = `${project.outside}/go`;
  project.write(scripted([onUnit('a', waitFor(go)), writeFile]));
  project.commit('Wait for us');
  const running = project.start(['run', 'specs']);
  await expect.poll(running.stderr, { timeout: 30_000 }).toContain('wave 1');
  expect((await project.backlog('pause', 'b')).stdout).toBe('b is paused\n');
  expect((await project.backlog('cancel', 'c')).stdout).toBe('c is cancelled\n');
  const more = ['--check', 'test -f followups.more.txt', '--touches', 'followups.more.txt'];
  expect((await project.backlog('add', 'More', ...more)).code).toBe(0);
  await expect.poll(running.stderr, { timeout: 30_000 }).toContain('\nspecs reloaded: 1 unit added\n');
  await expect.poll(running.stderr, { timeout: 30_000 }).toContain('followups.more: done ✓');
  expect((await project.backlog('resume', 'b')).stdout).toBe('b continues\n');
  writeFileSync(go, '');
  expect((await running.ended).code).toBe(0);
  expect(project.landings().toSorted()).toEqual(['a', 'b', 'followups.more']);
});

test('with --include-proposals what agents propose is worked on, too; what that proposes waits for a person', async () => {
  const propose = send({ title: 'Then this of $BACKLOG_UNIT', criteria: ['It is done — check: `true`'] });
  const project = TestProject.make({
    ...scripted([propose, writeFile], { roles: { reviewer: { agent: 'yes' } }, limits: { attempts: 1 } }),
    ...unit('a'),
  });
  const config = JSON.parse(project.read('specs/backlog.config.json')) as { agents: object };
  const yes = { type: 'command', command: confirm({ file: 'a.txt', line: 1, text: 'a' }, 2) };
  project.write({
    'specs/backlog.config.json': JSON.stringify({ ...config, review: 'off', agents: { ...config.agents, yes } }),
  });
  project.commit('A reviewer');
  await project.run(0, '--include-proposals');
  const listed = JSON.parse((await project.backlog('list', '--json')).stdout) as {
    units: { title: string; state: string }[];
  };
  expect(listed.units.map((one) => `${one.state} ${one.title}`).toSorted(byText)).toEqual([
    'done A',
    'done Then this of a',
    expect.stringMatching(/^proposed Then this of proposal-/),
  ]);
});

test('what a unit was seen to change keeps it apart from others, though it does not say so', async () => {
  const project = TestProject.make({
    ...scripted(append('shared.txt', 'x'), { limits: { attempts: 1 } }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['Yes — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [shared.txt]'], ['Yes — check: `test -f b.txt`']),
  });
  await project.run(1);
  await project.backlog('retry', 'a');
  await project.backlog('retry', 'b');
  expect((await project.backlog('plan')).stdout).toContain('kept apart\n  a and b: both touch shared.txt\n');
});

test.each([
  ['units of unknown paths run side by side', {}, [], 8],
  ['carefully, they run one after the other', { parallelism: 'careful' }, [], 1],
  ['a flag overrides the configuration', { parallelism: 'careful' }, ['--parallelism', 'eager'], 8],
])('%s', async (_name, config, flags, peak) => {
  const project = TestProject.make({ '.keep': '' });
  const place = `${project.outside}/at-work`;
  mkdirSync(place);
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  // Nobody goes on before as many are at work as there should be.
  const meet = `touch '${place}'/$BACKLOG_UNIT; until [ $(ls '${place}' | wc -l) -ge ${peak} ]; do sleep 0.05; done`;
  project.write({
    ...scripted([meet, writeFile], config),
    ...Object.fromEntries(
      names.map((name) => [`specs/${name}.md`, spec(name, [], [`Yes — check: \`test -f ${name}.txt\``])]),
    ),
  });
  project.commit('Specs');
  const report = await project.run(0, ...flags);
  expect([report.totals.peakParallel, project.landings().toSorted()]).toEqual([peak, names]);
});

test('as many agents work as may, and as many read beside them, and never more', async () => {
  const project = TestProject.make({ '.keep': '' });
  const place = `${project.outside}/at-work`;
  mkdirSync(place);
  // Each waits a moment for a third of its kind, who must not come.
  const script = [
    `case $BACKLOG_ROLE in scout) kind=reads;; *) kind=works;; esac; cd '${place}' && touch $kind-$$`,
    'tries=0; until [ $(ls | grep -c $kind) -gt 2 ] || [ $tries -gt 8 ]; do sleep 0.05; tries=$((tries + 1)); done',
    `echo $kind $(ls | grep -c $kind) >> '${project.outside}/counts'; rm $kind-$$; cd "$OLDPWD"`,
    `case $kind in reads) echo '{"findings":"x","files":[]}' > "$BACKLOG_ANSWER";; *) ${writeFile};; esac`,
  ].join('\n');
  const recipes = { two: { scouts: [{}, {}] } };
  project.write({
    ...scripted(script, { recipes, limits: { maxAgents: 2, attempts: 1 } }),
    ...Object.assign({}, ...['a', 'b', 'c', 'd'].map((name) => unit(name, ['recipe: two']))),
  });
  project.commit('Specs');
  await project.run(0);
  const counts = readFileSync(`${project.outside}/counts`, 'utf8').trim().split('\n').toSorted(byText);
  expect(counts.filter((line) => line.startsWith('reads'))).toHaveLength(8);
  expect(counts).toHaveLength(12);
  expect(counts).toContain('reads 2');
  expect(counts.filter((line) => !/^(?:reads|works) [12]$/.test(line))).toEqual([]);
});
