import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileUnit, TestProject } from '../support/project.ts';

const text = `{
  // Who works here.
  "agent": "script",
  "agents": { "script": { "type": "command", "command": "true" }, "other": { "type": "command", "command": "x" } },
  "limits": { "maxAgents": 3 }, // few
}
`;

const make = (config: string | null = text): TestProject =>
  TestProject.make({ ...fileUnit('a'), ...(config === null ? {} : { 'specs/backlog.config.json': config }) });

test.each<[key: string, value: string, origin: string]>([
  ['limits.maxAgents', '3', 'from specs/backlog.config.json'],
  ['limits.attempts', '3', 'the default'],
  ['agents.other.command', 'x', 'from specs/backlog.config.json'],
  ['agent', 'script', 'from specs/backlog.config.json'],
  ['into', 'backlog/next', 'the default'],
  ['phases', '[]', 'the default'],
])('a value and where it comes from: %s', async (key, value, origin) => {
  const it = make();
  for (const args of [
    ['config', 'get', key],
    ['config', key],
  ])
    expect(await it.backlog(...args)).toEqual({ code: 0, stdout: `${value}\n`, stderr: `${origin}\n` });
});

test('what needs consent is told as what has no effect', async () => {
  const it = make('{ "target": "../elsewhere" }');
  it.isTrusting = false;
  expect(await it.backlog('config', 'get', 'target')).toEqual({
    ...{ code: 0, stdout: '../elsewhere\n' },
    stderr: 'from specs/backlog.config.json; no effect before you consent: backlog trust\n',
  });
  const whole = await it.backlog('config', 'get', '--json');
  expect(JSON.parse(whole.stdout)).toMatchObject({
    ...{ schemaVersion: 1, kind: 'config-value', file: 'specs/backlog.config.json', withheld: ['target'] },
    value: { target: '.', into: 'backlog/next' },
  });
  expect(await it.backlog('config', 'set', 'sandbox.network', 'host')).toEqual({
    ...{ code: 0, stderr: '' },
    stdout: 'specs/backlog.config.json: sandbox.network is set.\nIt has no effect before you consent: backlog trust\n',
  });
});

test.each<[what: string, args: readonly string[], after: string]>([
  ['a number', ['set', 'limits.maxAgents', '5'], text.replace('"maxAgents": 3', '"maxAgents": 5')],
  ['a text', ['set', 'agents.other.command', 'true x'], text.replace('"x"', '"true x"')],
  ['a text like a number', ['set', 'agents.other.command', '7'], text.replace('"x"', '"7"')],
  ['what is not there yet', ['set', 'limits.checks', '2'], text.replace('3 }', '3, "checks": 2 }')],
  ['the same', ['set', 'limits.maxAgents', '3'], text],
  ['away', ['unset', 'agents.other'], text.replace(/, "other".*? \}(?= \})/, '')],
  ['away what is not there', ['unset', 'limits.checks'], text],
])('a change leaves everything else as it is: %s', async (_, args, after) => {
  const it = make();
  const ended = await it.backlog('config', ...args);
  expect([ended.code, ended.stderr, it.read('specs/backlog.config.json').replaceAll(/\s+/g, ' ')]).toEqual([
    ...[0, '', after.replaceAll(/\s+/g, ' ')],
  ]);
});

test('the name of an event is one name, though it has a dot', async () => {
  const it = make('{}');
  const ended = await it.backlog('config', 'set', 'on.unit.failed', './notify.sh');
  expect([ended.code, JSON.parse(it.read('specs/backlog.config.json'))]).toEqual([
    0,
    { on: { 'unit.failed': './notify.sh' } },
  ]);
  expect(await it.backlog('config', 'get', 'on.unit.failed')).toMatchObject({ code: 0, stdout: './notify.sh\n' });
  await it.backlog('config', 'unset', 'on.unit.failed');
  expect(JSON.parse(it.read('specs/backlog.config.json'))).toEqual({ on: {} });
});

test('of changes at the same time, none is lost', async () => {
  const it = make('{}');
  const keys = ['maxAgents', 'attempts', 'checks', 'turns', 'repairs'];
  await Promise.all(keys.map(async (key) => it.backlog('config', 'set', `limits.${key}`, '2')));
  expect(JSON.parse(it.read('specs/backlog.config.json'))).toEqual({
    limits: Object.fromEntries(keys.map((key) => [key, 2])),
  });
});

test('line ends and tabs stay, and a file is made where there is none', async () => {
  const it = make('\uFEFF{\r\n\t"into": "x"\r\n}\r\n');
  await it.backlog('config', 'set', 'agent', 'claude');
  expect(it.read('specs/backlog.config.json')).toBe('\uFEFF{\r\n\t"into": "x",\r\n\t"agent": "claude"\r\n}\r\n');
  const none = make(null);
  expect((await none.backlog('config', 'set', 'limits.maxAgents', '2')).stdout).toBe(
    'specs/backlog.config.json: limits.maxAgents is set.\n',
  );
  expect(JSON.parse(none.read('specs/backlog.config.json'))).toEqual({ limits: { maxAgents: 2 } });
});

test.each<[args: readonly string[], says: RegExp]>([
  [['set', 'limits.maxAgent', '5'], /unknown key "limits\.maxAgent"[^]*Did you mean "maxAgents"\?/],
  [['set', 'limits.maxAgents', 'many'], /limits\.maxAgents/],
  [['set', 'limits', '5'], /limits/],
  [['set', '__proto__.x', '5'], /unknown key/],
  [['set', 'recipe', 'nothing'], /there is no recipe "nothing"/],
  [['get', 'limit.maxAgents'], /there is no value at "limit\.maxAgents"/],
  [['get', 'agnet'], /Did you mean "agent"\?/],
  [['get', 'nope.x'], /there is no value at "nope\.x"[^?]*$/],
  [['set', 'on.unit.faild', './x'], /unknown key "on\.unit"/],
  [['set', 'agents', '['.repeat(20_000) + ']'.repeat(20_000)], /the value is nested too deeply/],
  [['set', 'agent'], /value/],
])('what a run would refuse is not written: %j', async (args, says) => {
  const it = make();
  const ended = await it.backlog('config', ...args);
  expect([ended.code, ended.stdout, it.read('specs/backlog.config.json')]).toEqual([2, '', text]);
  expect(ended.stderr).toMatch(says);
  expect(readdirSync(path.join(it.root, 'specs')).toSorted()).toEqual(['a.md', 'backlog.config.json']);
  expect(existsSync(it.state)).toBe(false);
});
