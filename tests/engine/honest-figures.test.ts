import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openForReading } from '../../src/queue/database.ts';
import { readSince } from '../../src/queue/events.ts';
import type { RunId } from '../../src/model/ids.ts';
import { type Activity, type Course, courseOf } from '../../src/report/course.ts';
import { pause, script, touch } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

interface Stretch {
  readonly from: number;
  readonly to: number;
}

const length = (all: readonly Stretch[]): number => all.reduce((sum, { from, to }) => sum + to - from, 0);

/** Milliseconds in which at least one of them was. */
function union(all: readonly Stretch[]): number {
  let [sum, end] = [0, Number.NEGATIVE_INFINITY];
  for (const { from, to } of all.toSorted((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}

/** The course of a run from its recorded events, as another process reads them. */
function recorded(project: TestProject, run: string): Course {
  const database = openForReading(project.state);
  if (!database) throw new Error('there is no queue');
  try {
    return courseOf(readSince(database, run as RunId, 0));
  } finally {
    database.close();
  }
}

const units = ['a', 'b', 'c'];
const chain = (unit: string): string[] => (unit === 'a' ? [] : [`depends: [${units[units.indexOf(unit) - 1]}]`]);

test.each<[string, agents: number, front: (unit: string) => string[]]>([
  ['one agent, whose units depend on each other', 1, chain],
  ['one agent, whose units could run side by side', 1, () => []],
  ['three agents side by side, and one check at a time', 3, () => []],
])('%s: what counts as work is what its processes took, and no waiting', async (_, maxAgents, front) => {
  const log = (of: string): string => path.join(project.outside, `${of}.log`);
  /** Writes down when something begins and ends, as its own process sees it. */
  const timed = (of: string, work: string): string =>
    script(`from=$(date +%s%3N)`, work, `code=$?`, `echo $from $(date +%s%3N) >> ${log(of)}`, `(exit $code)`);
  const project = TestProject.make({});
  const check = (unit: string): string => timed('check', `sleep 0.4; test -f ${unit}.txt`).replaceAll('\n', '; ');
  for (const unit of units)
    project.write({
      [`specs/${unit}.md`]: spec(unit, [`touches: [${unit}.txt]`, ...front(unit)], [`Yes — check: \`${check(unit)}\``]),
    });
  const agent = timed('agent', script(pause(0.8), touch('$BACKLOG_UNIT.txt')));
  project.write(scripted(agent, { limits: { maxAgents, checks: 1 } }));
  project.commit('Specs');
  const report = await project.run(0);

  const seen = (of: string): Stretch[] =>
    readFileSync(log(of), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .map(([from = 0, to = 0]) => ({ from, to }));
  const { activities, from, to } = recorded(project, report.run.id);
  const stretches = (kind: Activity['kind']): Stretch[] =>
    activities.filter((one) => one.kind === kind).map(({ ran }) => ran);
  const { busy, bets, sequentialMs, durationMs } = report.totals;
  expect(sequentialMs).toBe(busy.agentsMs + busy.checksMs);
  expect(length(stretches('agent'))).toBe(busy.agentsMs + bets.agentsMs);
  expect(length(stretches('check'))).toBe(busy.checksMs + bets.checksMs);

  // No process is left out, or counted shorter than it was; times are rounded to milliseconds.
  const rounding = activities.length;
  expect(seen('agent').length).toBe(units.length);
  expect(busy.agentsMs + bets.agentsMs).toBeGreaterThanOrEqual(length(seen('agent')) - rounding);
  expect(busy.checksMs + bets.checksMs).toBeGreaterThanOrEqual(length(seen('check')) - rounding);
  // What runs one at a time takes no longer than the run did: waiting is counted nowhere.
  expect(durationMs).toBeGreaterThanOrEqual(to - from);
  expect(busy.checksMs + bets.checksMs).toBeLessThanOrEqual(to - from);
  if (maxAgents === 1) expect(busy.agentsMs + bets.agentsMs).toBeLessThanOrEqual(to - from);
  // Together, without what overlapped, they are the time in which processes ran, and at most the wall clock.
  const all = [...stretches('agent'), ...stretches('check')];
  expect(union(all)).toBeLessThanOrEqual(to - from);
  expect(union(all)).toBeGreaterThanOrEqual(union([...seen('agent'), ...seen('check')]) - rounding);
  // What decided when the run ended is all of its time.
  const { limitedBy, criticalPath } = report;
  expect(Object.values(limitedBy?.ms ?? {}).reduce((sum, ms) => sum + ms, 0)).toBe(to - from);
  const path_ = criticalPath.map(({ unit, waitedFor }) => [unit, waitedFor]);
  if (front === chain)
    expect(path_).toEqual([
      ['a', null],
      ['b', 'dependency'],
      ['c', 'dependency'],
    ]);
  else if (maxAgents === 1) expect(path_.map(([, waitedFor]) => waitedFor)).toEqual([null, 'place', 'place']);
  else expect(path_.length).toBe(1);
});
