import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { append, onUnit } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

/** Waits until a unit has landed. */
const landed = (project: TestProject, unit: string): string =>
  `until git --git-dir ${project.root}/.git log -1 --format=%B backlog/next 2>/dev/null | grep -q 'Backlog-Unit: ${unit}'; do sleep 0.05; done`;

/** Two units side by side: `b` works on the tree before `a`, and ends once `a` has landed. */
function sideBySide(
  files: Readonly<Record<string, string>>,
  a: string,
  b: string,
  checks: Readonly<Record<'a' | 'b', string>>,
  more: object = {},
): TestProject {
  const project = TestProject.make({
    ...files,
    'specs/a.md': spec('A', [], [`It has a — check: \`${checks.a}\``]),
    'specs/b.md': spec('B', [], [`It has b — check: \`${checks.b}\``]),
  });
  project.write(
    scripted(
      [
        onUnit('a', `until [ -e ${project.outside}/b ]; do sleep 0.05; done`, a),
        onUnit('b', b, `touch ${project.outside}/b`, landed(project, 'a')),
      ],
      { limits: { maxAgents: 2 }, ...more },
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
    const project = sideBySide({ 'list.txt': 'first\n' }, append('list.txt', 'a'), append('list.txt', 'b'), {
      a: 'grep -qx a list.txt',
      b: 'grep -qx b list.txt',
    });
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
