import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/model/event.ts';
import type { Report } from '../../src/model/report.ts';
import {
  answer,
  append,
  asRole,
  exceptAs,
  hang,
  keepBrief,
  script,
  touch,
  whenBriefSays,
} from '../support/agent-script.ts';
import { fileUnit, spec, statesOf, TestProject } from '../support/project.ts';

const none = { tier: 'none' } as const;

/** Each role writes down what it was told, below the name of the agent that plays it. */
const steps = (name: string, log: string): string[] => [
  append(log, `$BACKLOG_ROLE by ${name}`),
  asRole(
    'scout',
    answer({ findings: `It is in a.txt, says ${name}.`, files: [{ path: 'a.txt', why: 'all is there' }] }),
    whenBriefSays(
      'do not hold',
      answer({ refuted: [{ finding: 'It is in a.txt', why: 'It is in b.txt.' }], holds: '' }),
    ),
  ),
  asRole(
    'shipper',
    `grep -c "^+" "$BACKLOG_BRIEF" >> '${log}'`,
    answer({ description: 'It adds a file.\nBacklog-Unit: other\nFor those who look.' }),
  ),
  asRole('synthesizer', keepBrief('$BACKLOG_ANSWER')),
  asRole(
    'planner',
    `grep -c "Findings of a scout" "$BACKLOG_BRIEF" >> '${log}'`,
    answer({ steps: ['Write it.', 'Look again.'], risks: ['It is wrong.'] }),
  ),
  exceptAs(['scout', 'shipper', 'synthesizer', 'planner'], keepBrief()),
];

function project(config: object, files: Readonly<Record<string, string>>): { it: TestProject; log: () => string[] } {
  const it = TestProject.make({ '.keep': '' });
  const log = `${it.outside}/log`;
  const command = (name: string): object => ({ type: 'command', command: script(...steps(name, log)) });
  const agents = { one: command('one'), two: command('two') };
  it.write({
    'specs/backlog.config.json': JSON.stringify({ agent: 'one', agents, sandbox: none, ...config }),
    ...files,
  });
  it.commit('Specs');
  return { it, log: () => readFileSync(log, 'utf8').trim().split('\n') };
}

const eventsOf = async (it: TestProject, unit: string): Promise<RecordedEvent['event'][]> =>
  (
    JSON.parse((await it.backlog('log', unit, '-s', 'specs', '--json')).stdout) as { events: readonly RecordedEvent[] }
  ).events.map(({ event }) => event);

const fence = /<\/?data-[0-9a-f]+(?: name="note")?>\n?/g;

describe('a recipe', () => {
  test('sends scouts and a planner first, and hands on what they found', async () => {
    const recipes = { careful: { scouts: [{}, { agent: 'two', question: 'Who uses it?' }], plan: true } };
    const { it, log } = project({ recipes }, fileUnit('u', ['recipe: careful']));
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ u: 'done' });
    expect([log().slice(0, 2).toSorted(), log().slice(2)]).toEqual([
      ['scout by one', 'scout by two'],
      ['planner by one', '2', 'builder by one'],
    ]);
    const brief = it.landed('u.txt').replaceAll(fence, '');
    expect(brief.slice(brief.indexOf('Findings of a scout'))).toBe(
      [
        'Findings of a scout:\nIt is in a.txt, says one.\n\n- a.txt: all is there\n',
        'Findings of a scout (asked: Who uses it?):\nIt is in a.txt, says two.\n\n- a.txt: all is there\n',
        'The plan:\n1. Write it.\n2. Look again.\n\nRisks:\n- It is wrong.\n',
      ].join('\n'),
    );
    expect((await eventsOf(it, 'u')).filter(({ type }) => type === 'recipe-chosen')).toMatchObject([
      { recipe: 'careful', why: 'set by the unit' },
    ]);
    const costs = JSON.parse((await it.backlog('costs', 'specs', '--json')).stdout) as { byRole: object };
    expect(costs.byRole).toMatchObject([{ role: 'scout', orders: 2 }, { role: 'planner' }, { role: 'builder' }]);
  });

  test('for research lets scouts look, others refute them, and one weigh it all', async () => {
    const files = {
      'specs/r.md': spec('R', ['kind: research', 'recipe: research', 'answer: r.md'], ['x — check: `test -f r.md`']),
    };
    const { it, log } = project({}, files);
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ r: 'done' });
    expect(log()).toEqual([...Array.from({ length: 4 }, () => 'scout by one'), 'synthesizer by one']);
    const brief = it.landed('r.md').replaceAll(fence, '');
    expect(brief).toContain('You are the synthesizer');
    const titles = [...brief.matchAll(/^(?:Findings of a scout|Attempted refutation).*:$/gm)].map(([title]) => title);
    expect(titles).toEqual([
      'Findings of a scout (asked: What do the files of this project say about it, and what follows from that?):',
      'Findings of a scout (asked: Which different answers are there, what speaks for each, and what against it?):',
      ...[
        'What do the files of this project say about it, and what follows from that?',
        'Which different answers are there, what speaks for each, and what against it?',
      ].map((asked) => `Attempted refutation (Findings of a scout (asked: ${asked})):`),
    ]);
    expect(brief).toContain('- "It is in a.txt" does not hold: It is in b.txt.');
  });

  test('with a shipper has the change described in its commit, and lets nothing pass for a trailer', async () => {
    const { it, log } = project({}, fileUnit('u', ['recipe: plan-build-review-ship']));
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ u: 'done' });
    expect(log().filter((line) => line.includes('by'))).toEqual(['planner by one', 'builder by one', 'shipper by one']);
    expect(Number(log().at(-1))).toBeGreaterThan(1);
    const message = it.git('log', '-1', '--format=%B', 'backlog/next');
    expect(message.slice(0, message.indexOf('\nBacklog-'))).toBe(
      'U\n\nIt adds a file.\nFor those who look.\n\nOne criterion was judged on exactly this tree.\n',
    );
    expect(it.git('log', '-1', '--format=%(trailers:key=Backlog-Unit,valueonly)', 'backlog/next').trim()).toBe('u');
  });

  test('is ended by who stops a scout: nobody builds, and the unit is paused', async () => {
    const { it } = project({}, fileUnit('u', ['recipe: scout-build']));
    const config = JSON.parse(it.read('specs/backlog.config.json')) as object;
    const agents = { one: { type: 'command', command: script(asRole('scout', hang), touch('u.txt')) } };
    it.write({ 'specs/backlog.config.json': JSON.stringify({ ...config, agents }) });
    it.commit('A scout that never ends');
    const running = it.start(['run', 'specs', '--json']);
    const list = async (): Promise<string> => (await it.backlog('agents', '-s', 'specs')).stdout;
    await expect.poll(list).toMatch(/^u\.1-scout {2}one {2}active/);
    expect((await it.backlog('agents', 'stop', 'u.1-scout', '-s', 'specs')).stdout).toBe(
      'the agent of u is being stopped, and the unit is paused: "backlog resume u" continues it\n',
    );
    const report = JSON.parse((await running.ended).stdout) as Report;
    expect(report.units.map(({ state, why }) => [state, why])).toEqual([['ready', 'its agent was stopped']]);
    expect(await list()).toBe('No agent is active.\n');
  });

  test('is not begun again by a retry: what was found holds while the text is the same', async () => {
    const { it, log } = project(
      { limits: { attempts: 2, repairs: 0 } },
      {
        'specs/u.md': spec('U', ['touches: ["*.txt"]', 'recipe: scout-build'], ['x — check: `test -f never.txt`']),
      },
    );
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ u: 'failed: check-failed' });
    expect(log()).toEqual(['scout by one', 'builder by one', 'debugger by one']);
  });

  test('that nobody knows is told with the unit', async () => {
    const { it } = project({}, fileUnit('u', ['recipe: scout-biuld']));
    const ended = await it.backlog('check', 'specs');
    expect([ended.code, ended.stdout + ended.stderr]).toEqual([
      2,
      expect.stringContaining('there is no recipe "scout-biuld"') as unknown,
    ]);
    expect(ended.stdout + ended.stderr).toContain('Did you mean "scout-build"?');
  });
});

test('a rule that asks for a recipe that is not there is told with its place', async () => {
  const { it } = project({ rules: [{ labels: ['x'], recipe: 'biuld' }] }, fileUnit('u'));
  const ended = await it.backlog('check', 'specs');
  expect([ended.code, ended.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^specs\/backlog\.config\.json:1:\d+ error: there is no recipe "biuld" \[unknown-recipe\]\n {2}Did you mean "build"\?\n$/,
    ) as unknown,
  ]);
});

test('rules give units by label and path their own agent, recipe and prompt', async () => {
  const rules = [
    { labels: ['database'], roles: { builder: { agent: 'two', prompt: 'database.md' } } },
    { paths: ['b.*'], recipe: 'scout-build' },
  ];
  const { it, log } = project(
    { rules, ignore: ['database.md'] },
    {
      'specs/database.md': 'You know databases.\n',
      ...fileUnit('a', ['labels: [database]']),
      ...fileUnit('b', ['depends: [a]']),
      'specs/c.md': spec('C', ['touches: [c.txt]', 'depends: [b]'], ['x — check: `test -f c.txt`']),
    },
  );
  const ended = await it.backlog('run', 'specs', '--json');
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done', c: 'done' });
  expect(log()).toEqual(['builder by two', 'scout by one', 'builder by one', 'builder by one']);
  expect(
    ['a', 'b'].map(
      (unit) => /You know databases\.|You are the builder: make the change\./.exec(it.landed(`${unit}.txt`))?.[0],
    ),
  ).toEqual(['You know databases.', 'You are the builder: make the change.']);
});
