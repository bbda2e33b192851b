import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import {
  append,
  asRole,
  blocked,
  confirm,
  copy,
  keepBrief,
  whenBriefSays,
  onUnit,
  script,
  touch,
  unlessThere,
  waitFor,
  whenThere,
  write,
} from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

/** Waits until a unit has landed. */
const landed = (project: TestProject, unit: string): string =>
  `until git --git-dir ${project.root}/.git log -1 --format=%B backlog/next 2>/dev/null | grep -q 'Backlog-Unit: ${unit}'; do sleep 0.05; done`;

/** Two units side by side: `b` works on the tree before `a`, and goes on once `a` has landed. */
function sideBySide(
  files: Readonly<Record<string, string>>,
  of: {
    readonly a: string;
    /** The first work of `b`, and what its next agents do. */
    readonly b: string;
    readonly next?: (outside: string) => string;
    readonly checks: Readonly<Record<'a' | 'b', string>>;
    /** What reviewers judge of `a`, and what they do. */
    readonly claims?: readonly string[];
    readonly reviewer?: (outside: string) => string;
    /** Lines of the front matter of `b`. */
    readonly front?: readonly string[];
    readonly more?: object;
  },
): TestProject {
  const { a, b, next = () => 'true', checks, claims = [], reviewer = () => 'true', front = [], more = {} } = of;
  const project = TestProject.make({
    ...files,
    'specs/a.md': spec('A', [], [`It has a — check: \`${checks.a}\``, ...claims]),
    'specs/b.md': spec('B', front, [`It has b — check: \`${checks.b}\``]),
  });
  const isBegun = `${project.outside}/b`;
  project.write(
    scripted(
      [
        asRole('reviewer', reviewer(project.outside), 'exit 0'),
        onUnit('a', waitFor(isBegun), a),
        onUnit(
          'b',
          whenThere(isBegun, next(project.outside)),
          unlessThere(isBegun, b, touch(isBegun), landed(project, 'a')),
        ),
      ],
      { limits: { maxAgents: 2 }, review: 'off', ...more },
    ),
  );
  return project;
}

/** What a report says of a unit's way. */
function wayOf(report: Report, id: string): unknown {
  const unit = report.units.find((one) => one.id === id);
  return unit && { state: unit.state, attempts: unit.attempts, repairs: unit.repairs, joined: unit.joined };
}

describe('a conflict that needs no decision', () => {
  test('is merged without an agent, judged with what the earlier unit asks for, and told', async () => {
    const project = sideBySide(
      { 'list.txt': 'first\n' },
      {
        a: append('list.txt', 'a'),
        b: append('list.txt', 'b'),
        checks: { a: 'grep -qx a list.txt', b: 'grep -qx b list.txt' },
      },
    );
    const ended = await project.backlog('run', 'specs');
    expect({ code: ended.code, list: project.landed('list.txt'), landings: project.landings() }).toEqual({
      code: 0,
      list: 'first\na\nb',
      landings: ['a', 'b'],
    });
    expect(ended.stderr).toContain('\nb: merged by itself with a in list.txt\n');
    const report = JSON.parse((await project.backlog('report', '--json')).stdout) as Report;
    const joined = { files: ['list.txt'], with: ['a'] };
    expect([wayOf(report, 'a'), wayOf(report, 'b')]).toEqual([
      { state: 'done', attempts: 1, repairs: 0, joined: null },
      { state: 'done', attempts: 1, repairs: 0, joined },
    ]);
    const criteria = report.units.find(({ id }) => id === 'b')?.criteria ?? [];
    expect(criteria.map(({ text, kind, verdict, role }) => ({ text, kind, verdict, role }))).toEqual([
      { text: 'It has b — check: `grep -qx b list.txt`', kind: 'check', verdict: 'met', role: 'proof' },
      { text: 'a: It has a — check: `grep -qx a list.txt`', kind: 'project-check', verdict: 'met', role: 'guard' },
    ]);
    expect((await project.backlog('report')).stdout).toContain('\nMerged by itself with a in list.txt.\n');
    expect(project.git('log', '-1', '--format=%B', 'backlog/next').split('\n').slice(0, 4)).toEqual([
      'B',
      '',
      'One criterion was judged on exactly this tree.',
      'It was merged by itself with a in list.txt; what that asks for was judged, too.',
    ]);
  });
});

test.each([
  ['not asked again about an earlier unit if what they quoted is unchanged', 'other.txt', []],
  [
    'asked again about an earlier unit if the merge changes a file that they quoted',
    'list.txt',
    ['b: # A (a)', 'b: # A (a)'],
  ],
])('reviewers are %s', async (_what, quoted, again) => {
  const project = sideBySide(
    { 'list.txt': 'first\n', 'other.txt': 'first\n' },
    {
      a: append('list.txt', 'a'),
      b: append('list.txt', 'b'),
      checks: { a: 'grep -qx a list.txt', b: 'grep -qx b list.txt' },
      claims: ['It is tidy'],
      reviewer: (outside) =>
        script(
          `grep -o '^# . (.)' "$BACKLOG_BRIEF" | sed "s/^/$BACKLOG_UNIT: /" >> '${outside}/asked'`,
          confirm({ file: quoted, line: 1, text: 'first' }),
        ),
    },
  );
  const report = await project.run(0);
  expect([project.landings(), seen(project, 'asked').trim().split('\n')]).toEqual([
    ['a', 'b'],
    ['a: # A (a)', 'a: # A (a)', ...again],
  ]);
  expect(judgedBy(report, 'b')).toEqual([
    ['It has b', 'met', 'proof'],
    ['a: It has a', 'met', 'guard'],
    ['a: It is tidy', 'met', null],
  ]);
});

/** What a played agent does in one turn. */
const turn = (name: string, input: object): string =>
  `${JSON.stringify({ content: [{ type: 'tool_use', id: `t${name}`, name, input }], stop_reason: 'tool_use' })}\n`;
const done = turn('finish', { summary: 'Done.' });

/** A text without the names of commits behind the markers of a conflict. */
const unnamed = (text: string): string => text.replaceAll(/^([<>]{7}) .*$/gm, '$1');
const seen = (project: TestProject, file: string): string => readFileSync(path.join(project.outside, file), 'utf8');

const checks = { a: 'grep -q "name: a" f.txt', b: 'grep -q "b$" f.txt' };
const markers = '<<<<<<<\nname: a\n=======\nname: b\n>>>>>>>\n';

/** The same conflict, of a played agent for `b`, whose session goes on with what it does `next`. */
function played(next: (outside: string) => string): TestProject {
  const project = sideBySide(
    { 'f.txt': 'name:\n' },
    { a: write('f.txt', 'name: a'), b: 'true', checks, front: ['agent: played'] },
  );
  const { outside } = project;
  const command = script(waitFor(`${outside}/b`), write('f.txt', 'name: a'));
  const first = script(
    write('f.txt', 'name: b'),
    'ln -s /etc gone',
    'echo gone > .gitignore',
    touch(`${outside}/b`),
    landed(project, 'a'),
  );
  const then = script(copy('f.txt', `${outside}/seen`), `[ -e gone ] && touch ${outside}/gone`, next(outside));
  project.write({
    ...scripted('', {
      agents: { script: { type: 'command', command }, played: { type: 'replay', recordings: 'recordings' } },
      limits: { maxAgents: 2 },
      review: 'off',
    }),
    'specs/recordings/b/builder-1.1.jsonl': [
      turn('bash', { command: first }),
      done,
      turn('bash', { command: then }),
      done,
    ].join(''),
    'specs/recordings/b/debugger-1.1.jsonl': [turn('bash', { command: then }), done].join(''),
  });
  return project;
}

/** The criteria that a unit was judged by, in short. */
function judgedBy(report: Report, id: string): unknown {
  const criteria = report.units.find((unit) => unit.id === id)?.criteria ?? [];
  return criteria.map(({ text, verdict, role }) => [text.split(' — ')[0], verdict, role]);
}
const byBoth = [
  ['It has b', 'met', 'proof'],
  ['a: It has a', 'met', 'guard'],
];

describe('a conflict that needs a decision', () => {
  test('is resolved in the session of its agent, in a new workspace with both changes, and costs no attempt', async () => {
    const project = played(() => write('f.txt', 'name: a and b'));
    const ended = await project.backlog('run', 'specs');
    expect([ended.code, project.landings(), project.landed('f.txt')]).toEqual([0, ['a', 'b'], 'name: a and b']);
    expect(ended.stderr.match(/^b: .*/gm)).toEqual([
      'b: worked, 2 files; judging',
      'b: not done: The work conflicts with work that landed in the meantime, in f.txt. → resolving the conflict',
      'b: worked, 2 files; judging',
      'b: put back .gitignore',
      expect.stringMatching(/^b: done ✓ landed as /),
    ]);
    const report = JSON.parse((await project.backlog('report', '--json')).stdout) as Report;
    expect(wayOf(report, 'b')).toEqual({ state: 'done', attempts: 1, repairs: 1, joined: null });
    expect([unnamed(seen(project, 'seen')), existsSync(`${project.outside}/gone`)]).toEqual([markers, false]);
    expect(judgedBy(report, 'b')).toEqual(byBoth);
    expect(report.totals.bets).toMatchObject({ made: 3, lost: 1 });
  });

  test.each([
    ['before its attempt goes on', 'merge'],
    ['before its session goes on', 'open workspace#3'],
    ['while its session goes on', 'agent ended#3'],
    ['before the merge is judged', 'judge#2'],
    ['before the merge lands', 'land#2'],
  ])('is resolved by the next run if one is killed %s; nothing is lost, and nothing lands twice', async (_when, at) => {
    const project = played(() => write('f.txt', 'name: a and b'));
    const killed = await project.start(['run', 'specs'], { env: { BACKLOG_FAILPOINT: `${at}=kill` } }).ended;
    expect([killed.code, killed.stderr.includes(`failpoint ${at.split('#')[0] ?? ''}: kill`)]).toEqual([null, true]);
    const report = await project.run(0);
    expect([project.landings(), project.landed('f.txt'), judgedBy(report, 'b')]).toEqual([
      ['a', 'b'],
      'name: a and b',
      byBoth,
    ]);
  });

  test('is resolved by a debugger where no session can go on; its brief has both changes and both criteria', async () => {
    const project = sideBySide(
      { 'f.txt': 'name:\n' },
      {
        a: write('f.txt', 'name: a'),
        b: write('f.txt', 'name: b'),
        next: (outside) =>
          script(
            asRole('debugger', copy('f.txt', `${outside}/seen`), keepBrief(`${outside}/brief`)),
            write('f.txt', 'name: a and b'),
          ),
        checks,
      },
    );
    const report = await project.run(0);
    expect([wayOf(report, 'b'), project.landed('f.txt')]).toEqual([
      { state: 'done', attempts: 2, repairs: 0, joined: null },
      'name: a and b',
    ]);
    expect(unnamed(seen(project, 'seen'))).toEqual(markers);
    const brief = seen(project, 'brief').replaceAll(/<\/?data-.*>/g, '');
    for (const part of [
      'these files have conflict markers: f.txt.',
      '\n# A (a)\n- It has a',
      '\n+name: a\n',
      '\n+name: b\n',
    ])
      expect(brief).toContain(part);
  });

  test('that was merged by itself and breaks what the earlier unit asks for does not land, and is resolved', async () => {
    const project = sideBySide(
      { conf: 'first\n' },
      {
        a: append('conf', 'k=1'),
        b: append('conf', 'b=1', 'k=2'),
        next: (outside) =>
          script(copy('conf', `${outside}/seen`), keepBrief(`${outside}/brief`), write('conf', 'first', 'k=1', 'b=1')),
        checks: { a: '[ "$(grep k= conf | tail -n 1)" = k=1 ]', b: 'grep -qx b=1 conf' },
      },
    );
    const report = await project.run(0);
    expect([wayOf(report, 'b'), project.landings(), project.landed('conf')]).toEqual([
      { state: 'done', attempts: 2, repairs: 0, joined: null },
      ['a', 'b'],
      'first\nk=1\nb=1',
    ]);
    expect(unnamed(seen(project, 'seen'))).toBe('first\n<<<<<<<\nk=1\n=======\nb=1\nk=2\n>>>>>>>\n');
    expect(seen(project, 'brief')).toContain('Not met: a: It has a');
  });

  test.each<[string, string, string]>([
    ['is not accepted', write('f.txt', 'name: x'), 'failed: exit 1'],
    ['leaves the markers', touch('done.txt'), 'Conflict markers are left in f.txt.'],
    ['gives up', blocked('no way'), 'The agent says that it cannot be done: no way'],
  ])('is done again, alone, if the merge %s; that costs no attempt', async (_name, merge, told) => {
    const project = sideBySide(
      { 'f.txt': 'name:\n' },
      {
        a: write('f.txt', 'name: a'),
        b: write('f.txt', 'name: b'),
        next: (outside) =>
          script(
            asRole('debugger', merge),
            asRole(
              'builder',
              whenBriefSays(
                'merging both failed',
                copy('f.txt', `${outside}/seen`),
                keepBrief(`${outside}/brief`),
                write('f.txt', 'name: a, b'),
              ),
            ),
          ),
        checks,
        more: { limits: { maxAgents: 2, attempts: 1 } },
      },
    );
    const ended = await project.backlog('run', 'specs');
    expect([ended.code, project.landings(), project.landed('f.txt')]).toEqual([0, ['a', 'b'], 'name: a, b']);
    const { units } = JSON.parse((await project.backlog('list', '--json')).stdout) as { units: { attempts: number }[] };
    expect(units.map((unit) => unit.attempts)).toEqual([0, 0]);
    expect(ended.stderr).toContain(told);
    expect([seen(project, 'seen'), seen(project, 'brief').includes('merging both failed')]).toEqual([
      'name: a\n',
      true,
    ]);
  });
});
