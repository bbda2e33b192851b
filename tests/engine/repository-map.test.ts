import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/model/event.ts';
import type { Report } from '../../src/model/report.ts';
import { type Answer, type Asked, reply } from '../support/model-server.ts';
import {
  answer,
  append,
  asRole,
  exceptAs,
  fail,
  hang,
  keepBrief,
  script,
  send,
  touch,
  unlessBriefSays,
  unlessThere,
} from '../support/agent-script.ts';
import { fileUnit, statesOf, TestProject } from '../support/project.ts';
import { openModel } from '../support/scripted-model.ts';

const map = {
  summary: 'A project of text files.',
  places: [
    { path: 'texts/', what: 'All texts.' },
    { path: './README.md', what: 'How it is made.' },
    { path: 'nowhere', what: 'This is not there.' },
  ],
  conventions: ['Names are short.'],
};

/** A project whose scouts draw maps by `scout`, a shell command, and whose builders keep what they were told. */
function project(scout: string, config: object, files: Readonly<Record<string, string>>): TestProject {
  const it = TestProject.make({ 'texts/one.txt': '1\n', 'README.md': 'It is made.\n' });
  const drawing = [unlessBriefSays('Write a map', fail(7)), append(`${it.outside}/log`, '$BACKLOG_UNIT'), scout];
  const command = script(asRole('scout', ...drawing), exceptAs('scout', keepBrief()));
  const sandbox = { tier: 'none' };
  const agents = { one: { type: 'command', command } };
  it.write({ 'specs/backlog.config.json': JSON.stringify({ agent: 'one', agents, sandbox, ...config }), ...files });
  it.commit('Specs');
  return it;
}

const draw = answer(map);
const drawnBy = (it: TestProject): string[] => readFileSync(`${it.outside}/log`, 'utf8').trim().split('\n');
const shared = (it: TestProject, file: string): string => it.landed(file).split('You are the builder')[0] ?? '';

describe('a map of the repository', () => {
  test('is made once for a phase, and told to all who work on it in the same words', async () => {
    const it = project(
      draw,
      { map: 'always', phases: ['one', 'two'] },
      {
        ...fileUnit('a', ['phase: one']),
        ...fileUnit('b', ['phase: one']),
        ...fileUnit('c', ['phase: one', 'depends: [a]']),
        ...fileUnit('d', ['phase: two']),
      },
    );
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done', c: 'done', d: 'done' });
    expect(drawnBy(it).map((unit) => (unit === 'd' ? 'd' : 'a or b'))).toEqual(['a or b', 'd']);
    const told = shared(it, 'a.txt');
    expect([shared(it, 'b.txt') === told, shared(it, 'c.txt') === told, shared(it, 'd.txt') === told]).toEqual([
      true,
      true,
      false,
    ]);
    expect(told.slice(told.indexOf('A map')).replaceAll(/data-[0-9a-f]+/g, 'data')).toBe(
      [
        'A map of the repository, made by a scout when this phase began:\n<data name="map">\nA project of text files.',
        'Where things are:\n- texts: All texts.\n- README.md: How it is made.',
        'Conventions:\n- Names are short.\n</data>\n\n',
      ].join('\n\n'),
    );
    expect(ended.stderr).toMatch(/[ab]: a scout made a map of the repository\n/);
    const costs = JSON.parse((await it.backlog('costs', 'specs', '--json')).stdout) as { byRole: object };
    expect(costs.byRole).toMatchObject([
      { role: 'scout', orders: 2 },
      { role: 'builder', orders: 4 },
    ]);
  });

  test('of an earlier run is taken over, where hardly a file came or went since', async () => {
    const it = project(draw, { map: 'always' }, fileUnit('a'));
    await it.backlog('run', 'specs', '--json');
    it.git('merge', '-q', 'backlog/next');
    const next = async (unit: string, files: Readonly<Record<string, string>>): Promise<void> => {
      it.write({ ...files, ...fileUnit(unit) });
      it.commit(unit);
      const ended = await it.backlog('run', 'specs', '--json');
      expect(statesOf(JSON.parse(ended.stdout) as Report)).toMatchObject({ [unit]: 'done' });
      it.git('merge', '-q', 'backlog/next');
    };
    await next('b', { 'texts/one.txt': 'changed\n' });
    expect([drawnBy(it), shared(it, 'b.txt') !== '', shared(it, 'b.txt').includes('A project of text files.')]).toEqual(
      [['a'], true, true],
    );
    await next('c', Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`texts/${n}.txt`, `${n}\n`])));
    expect(drawnBy(it)).toEqual(['a', 'c']);
  });

  test('whose scout is stopped is made again for the next who asks', async () => {
    const it = project(
      script(unlessThere('/nowhere/second', touch('/nowhere/second'), hang), draw),
      { map: 'always' },
      { ...fileUnit('a'), ...fileUnit('b') },
    );
    const config = it.read('specs/backlog.config.json').replaceAll('/nowhere', it.outside);
    it.write({ 'specs/backlog.config.json': config });
    it.commit('Where to look');
    const running = it.start(['run', 'specs', '--json']);
    const list = async (): Promise<string> => (await it.backlog('agents', '-s', 'specs')).stdout;
    await expect.poll(list).toMatch(/^[ab]\.1-scout {2}one {2}active/);
    const name = (await list()).split(' ')[0] ?? '';
    await it.backlog('agents', 'stop', name, '-s', 'specs');
    const states = statesOf(JSON.parse((await running.ended).stdout) as Report);
    const [first, second] = name.startsWith('a') ? ['a', 'b'] : ['b', 'a'];
    expect([states, drawnBy(it)]).toEqual([{ [first]: 'ready', [second]: 'done' }, [first, second]]);
    expect(shared(it, `${second}.txt`)).toContain('A project of text files.');
  });

  test('that its scout cannot make is done without, and that is said', async () => {
    const it = project(
      send({ kind: 'block', reason: 'It is dark.' }),
      { map: 'always' },
      {
        ...fileUnit('a'),
        ...fileUnit('b'),
      },
    );
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done' });
    expect([drawnBy(it).length, shared(it, 'a.txt').includes('A map')]).toEqual([1, false]);
    expect(ended.stderr).toContain('There is no map of the repository: It is dark.\n');
  });

  test('is not made where agents are no models, nor for a few units', async () => {
    const it = project(draw, {}, { ...fileUnit('a'), ...fileUnit('b'), ...fileUnit('c'), ...fileUnit('d') });
    const ended = await it.backlog('run', 'specs', '--json');
    expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done', c: 'done', d: 'done' });
    const log = JSON.parse((await it.backlog('log', 'a', '-s', 'specs', '--json')).stdout) as {
      events: readonly RecordedEvent[];
    };
    expect(log.events.filter(({ event }) => event.type === 'map-made')).toEqual([]);
  });
});

test('a map is made by itself where four units or more of a phase are ahead of models, in a project of some size', async () => {
  const finish = (input: object): Answer => reply([{ type: 'tool_use', name: 'finish', input }]);
  const briefOf = (body: Asked['body']): string => JSON.stringify(body.messages);
  const model = await openModel((body) => {
    if (briefOf(body).includes('Write a map of the repository')) return finish(map);
    const unit = /\((\w)\)/.exec(briefOf(body))?.[1] ?? '';
    const text = { type: 'tool_use', name: 'write', input: { path: `${unit}.txt`, content: 'x\n' } } as const;
    return reply([text, { type: 'tool_use', name: 'finish', input: { summary: 'Done.' } }]);
  });
  const drained = async (units: readonly string[], files: number, ...flags: string[]): Promise<string[]> => {
    const it = TestProject.make({
      'specs/backlog.config.json': JSON.stringify({
        agent: 'anthropic',
        review: 'off',
        sandbox: { tier: 'none' },
      }),
      ...Object.fromEntries(Array.from({ length: files }, (_, n) => [`texts/${n}.txt`, `${n}\n`])),
      ...Object.assign({}, ...units.map((unit) => fileUnit(unit))),
    });
    model.asked.length = 0;
    const env = { ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: model.url };
    const ended = await it.start(['run', 'specs', '--json', '--max-agents', '2', ...flags], { env }).ended;
    expect(Object.values(statesOf(JSON.parse(ended.stdout) as Report))).toContain('done');
    // Finding the way: the map, and each builder's call that ends in its first change, at 100 in, 10 out, 1,000 written
    // and 2,000 read.
    const costs = JSON.parse((await it.backlog('costs', 'specs', '--json')).stdout) as { orientationUsd: number };
    expect(costs.orientationUsd).toBeCloseTo((model.asked.length * 6000) / 1_000_000);
    return model.asked.map(({ body }) => (briefOf(body).includes('Write a map') ? 'map' : 'unit'));
  };
  expect(await drained(['a', 'b', 'c', 'd'], 60)).toEqual(['map', ...Array.from({ length: 4 }, () => 'unit')]);
  expect(JSON.stringify(model.asked.at(-1)?.body['system'])).toContain('A project of text files.');
  expect(await drained(['a', 'b', 'c'], 60)).toEqual(['unit', 'unit', 'unit']);
  expect(await drained(['a', 'b', 'c', 'd'], 3)).toEqual(Array.from({ length: 4 }, () => 'unit'));
  // Of those that are there, only those count that this run is to work on.
  expect(await drained(['a', 'b', 'c', 'd'], 60, '--only', 'a')).toEqual(['unit']);
  expect(await drained(['a', 'b', 'c', 'd'], 60, '--max-units', '1')).toEqual(['unit']);
});
