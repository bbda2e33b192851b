import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report, ReportUnit } from '../../src/model/report.ts';
import { githubAnnotations, githubSummary } from '../../src/report/github.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { blocked, onUnit } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

let project: TestProject;
let report: Report;

/** A run of which one unit landed, one failed, and two wait for a person, with names that a host could take for its own. */
beforeAll(async () => {
  project = TestProject.makeKept(
    {
      ...scripted([onUnit('stuck', blocked('which\nport? 100 %')), writeFile], { limits: { attempts: 1, repairs: 0 } }),
      ...fileUnit('good'),
      'docs/specs-like/other.md': '# not a spec\n',
      'specs/deep,er/bad.md': spec(
        'Bad',
        [],
        ['x — check: `true`', 'y::set-output — check: `echo "::error::no"; exit 3`'],
      ),
      'specs/stuck.md': spec('Stuck', [], ['x — check: `test -f stuck.txt`']),
      'specs/asks.md': spec('Asks', [], ['x — check: `test -f asks.txt`', '(human) It is nice']),
    },
    afterAll,
  );
  const ended = await project.start(['run', 'specs', '--json'], { isKept: true }).ended;
  report = JSON.parse(ended.stdout) as Report;
}, 60_000);

test('annotations are at the criterion that is to blame, and nothing of a spec becomes a command', () => {
  expect(githubAnnotations(report)).toEqual([
    '::error file=specs/deep%2Cer/bad.md,line=8,title=deep-er.bad%3A failed::y::set-output — check: `echo "::error::no"; exit 3`: `echo "::error::no"; exit 3` failed: exit 3. ::error::no',
    '::warning file=specs/asks.md,line=8,title=asks%3A awaiting::(human) It is nice: everything else passes; one criterion waits for a person',
    '::warning file=specs/stuck.md,line=1,title=stuck%3A blocked::The agent says that it cannot be done: port? 100 %25',
  ]);
});

test('a step summary with annotations, or a Code Quality report, is written by the command', async () => {
  const file = path.join(project.outside, 'summary');
  const ended = await project.backlog('report', '--format', 'github', '--output', file);
  expect(ended.stdout).toBe(`${githubAnnotations(report).join('\n')}\n`);
  expect(readFileSync(file, 'utf8')).toBe(`${reportMarkdown(report).trimEnd()}\n`);
  const printed = await project.backlog('report', '--format', 'github');
  expect(printed.stdout.split('\n').filter((line) => line.startsWith('::'))).toEqual([]);
  const issues = JSON.parse((await project.backlog('report', '--format', 'gitlab')).stdout) as object[];
  expect(issues).toEqual([
    {
      description:
        'deep-er.bad: failed: y::set-output — check: `echo "::error::no"; exit 3`: `echo "::error::no"; exit 3` failed: exit 3. ::error::no',
      check_name: 'backlog/failed',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      severity: 'major',
      location: { path: 'specs/deep,er/bad.md', lines: { begin: 8 } },
    },
    expect.objectContaining({ severity: 'info', location: { path: 'specs/asks.md', lines: { begin: 8 } } }),
    expect.objectContaining({ severity: 'info', location: { path: 'specs/stuck.md', lines: { begin: 1 } } }),
  ]);
});

/** A report with this many units like one of the real ones. */
const many = (state: ReportUnit['state'], count: number): Report => {
  const [one] = report.units.filter((unit) => unit.state === state);
  if (!one) throw new Error(`there is no ${state} unit`);
  return { ...report, units: Array.from({ length: count }, (_, at) => ({ ...one, key: `${one.key}${at}` })) };
};

test('no more annotations of a kind are written than are shown, and the last one counts the others', () => {
  for (const [state, command] of [
    ['failed', 'error'],
    ['awaiting', 'warning'],
  ] as const) {
    expect(githubAnnotations(many(state, 10)).length).toBe(10);
    const more = githubAnnotations(many(state, 30));
    expect([more.length, more.at(-1)]).toEqual([10, `::${command} title=backlog::21 more: see the summary.`]);
  }
});

test('a summary is as long as a host shows, ends between two blocks, and says what it lacks', () => {
  const long = many('failed', 3000);
  const summary = githubSummary(long);
  expect(Buffer.byteLength(reportMarkdown(long))).toBeGreaterThan(1_048_576);
  expect(Buffer.byteLength(summary)).toBeLessThan(1_048_576);
  expect(Buffer.byteLength(summary)).toBeGreaterThan(900_000);
  expect(summary.endsWith('\n> The rest is in the report itself: a step summary is limited to 1 MiB.\n')).toBe(true);
  expect((summary.match(/^```/gm) ?? []).length % 2).toBe(0);
  expect(reportMarkdown(long).startsWith(summary.slice(0, summary.lastIndexOf('\n> The rest')))).toBe(true);
});
