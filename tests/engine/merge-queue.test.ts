import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { Report } from '../../src/model/report.ts';
import { openForReading } from '../../src/queue/database.ts';
import { readSince } from '../../src/queue/events.ts';
import { asRole, confirm, exceptAs, onUnit, script, touch, waitFor, write } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

function eventsOf(project: TestProject, { run }: Report): Event[] {
  const database = openForReading(project.state);
  if (!database) throw new Error('there is no queue');
  try {
    return [...readSince(database, run.id as RunId, 0)].map(({ event }) => event);
  } finally {
    database.close();
  }
}

/** Agents that wait for each other, so that their units are judged at the same time. */
const meet = (project: TestProject, units: readonly string[]): string =>
  script(
    touch(`${project.outside}/$BACKLOG_UNIT`),
    ...units.map((unit) => waitFor(`${project.outside}/${unit}`)),
    write('$BACKLOG_UNIT.txt', 'yes'),
  );

const check = (file: string): string => `Yes — check: \`test -f ${file}\``;
const units = ['a', 'b', 'c', 'd'];

test.each<[string, criteria: (unit: string) => string[], more: object, reviews: number]>([
  ['checks', (unit) => [check(`${unit}.txt`)], {}, 0],
  [
    'checks and a claim',
    (unit) => [check(`${unit}.txt`), 'It says so'],
    { roles: { reviewer: { agent: 'script' } }, review: 'off' },
    2,
  ],
  [
    'checks and a question about gaming',
    (unit) => [check(`${unit}.txt`)],
    { roles: { reviewer: { agent: 'script' } } },
    1,
  ],
])('units with %s that end together are judged and reviewed once each', async (_, criteria, more, reviews) => {
  const project = TestProject.make({});
  for (const unit of units) project.write({ [`specs/${unit}.md`]: spec(unit, [], criteria(unit)) });
  const review = confirm({ file: '$BACKLOG_UNIT.txt', line: 1, text: 'yes' });
  const agent = script(exceptAs('reviewer', meet(project, units)), asRole('reviewer', review));
  project.write(scripted(agent, { limits: { maxAgents: 4 }, ...more }));
  project.commit('Specs');
  const events = eventsOf(project, await project.run(0));
  expect(events.filter(({ type }) => type === 'judged').length).toBe(units.length);
  const asked = events.filter((event) => event.type === 'agent-started' && event.role === 'reviewer');
  expect(asked.length).toBe(units.length * reviews);
  expect(project.landings().toSorted()).toEqual(units);
});

test('a unit that a person decides on takes no place before it was judged', async () => {
  const project = TestProject.make({});
  const { outside } = project;
  const first = `test -f a.txt && touch ${outside}/first && until [ -e ${outside}/second ]; do sleep 0.05; done`;
  project.write({
    'specs/a.md': spec('A', [], [`Yes — check: \`${first}\``, '(human) It reads well']),
    'specs/b.md': spec('B', [], [`Yes — check: \`test -f b.txt && touch ${outside}/second\``]),
  });
  project.write(scripted(script(onUnit('b', waitFor(`${outside}/first`)), touch('$BACKLOG_UNIT.txt'))));
  project.commit('Specs');
  const report = await project.run(5);
  const judged = eventsOf(project, report).flatMap((event) => (event.type === 'judged' ? [event.unit] : []));
  expect([judged.toSorted(), project.landings()]).toEqual([['a', 'b'], ['b']]);
});

test('a unit whose check goes on and on does not keep those behind it from landing, nor what waits for them from starting', async () => {
  const project = TestProject.make({});
  const { outside } = project;
  const slow = `test -f a.txt && touch ${outside}/judging && until [ -e ${outside}/end ]; do sleep 0.05; done`;
  project.write({
    'specs/a.md': spec('A', [], [`Yes — check: \`${slow}\``]),
    'specs/b.md': spec('B', [], ['Yes — check: `test -f b.txt`']),
    'specs/c.md': spec('C', ['depends: [b]'], ['Yes — check: `test -f c.txt`']),
  });
  const agent = script(
    onUnit('b', waitFor(`${outside}/judging`)),
    touch('$BACKLOG_UNIT.txt'),
    onUnit('c', touch(`${outside}/end`)),
  );
  project.write(scripted(agent, { limits: { maxAgents: 3 } }));
  project.commit('Specs');
  await project.run(0);
  expect(project.landings()).toEqual(['b', 'a', 'c']);
});
