import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { count } from '../support/agent-script.ts';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

/* What becomes of a unit by how its order ended: nothing that a person was told is undone, and nothing repeats forever. */

let it: TestProject;
let late: string;

beforeEach(() => {
  it = TestProject.make({});
  late = path.join(it.outside, 'late');
  mkdirSync(late);
  it.write({ ...scripted([count(`${late}/orders`), writeFile]), ...fileUnit('a') });
  it.commit('Specs');
  it.program = [path.resolve(import.meta.dirname, '../support/late-orders.ts')];
});

/** Runs; `meanwhile` is typed after the agent has ended, `result` comes in place of the order's own. */
async function run(
  options: { readonly result?: object; readonly meanwhile?: readonly string[] } = {},
): Promise<object> {
  const env: Record<string, string> = { BACKLOG_TEST_LATE: late };
  if (options.result !== undefined) env['BACKLOG_TEST_RESULT'] = JSON.stringify(options.result);
  const running = it.start(['run', 'specs', '--json', '--yes'], { env, mayBreak: true });
  let said = {};
  if (options.meanwhile) {
    await expect.poll(() => existsSync(path.join(late, 'ended')), { timeout: 60_000 }).toBe(true);
    said = { said: (await it.backlog(...options.meanwhile, '-s', 'specs')).stdout.trim() };
  }
  writeFileSync(path.join(late, 'go'), '');
  const { code } = await running.ended;
  const orders = readFileSync(path.join(late, 'orders'), 'utf8').length / 2;
  return { code, ...said, list: (await it.backlog('list')).stdout.trim(), orders };
}

test('a unit that is cancelled after its agent has ended does not land', async () => {
  expect(await run({ meanwhile: ['cancel', 'a'] })).toEqual({
    code: 0,
    said: 'a is being stopped',
    list: 'cancelled  a  A (cancelled while it was at work)',
    orders: 1,
  });
  expect(it.landings()).toEqual([]);
});

test('a unit that is stopped after its agent has ended is judged when a person lets it go on, by no other order', async () => {
  expect(await run({ meanwhile: ['agents', 'stop', 'a.1-builder'] })).toMatchObject({
    said: 'the agent of a is being stopped, and the unit is paused: "backlog resume a" continues it',
    orders: 1,
  });
  expect(it.landings()).toEqual([]);
  expect((await it.backlog('resume', 'a')).stdout).toMatch(/^a /);
  expect(await run()).toEqual({ code: 0, list: 'done  a  A', orders: 1 });
  expect(it.landings()).toEqual(['a']);
});

const lost = { outcome: { kind: 'lost', why: 'its worker is gone' }, usage: null };
const bug = { outcome: { kind: 'broken', error: { message: 'Internal error: a bug', stack: 'x' } }, usage: null };
const disk = { outcome: { kind: 'broken', error: { interruption: { kind: 'broken', why: 'no space' } } }, usage: null };
const input = {
  outcome: {
    kind: 'broken',
    error: {
      diagnostics: [{ code: 'x', severity: 'error', message: 'not so', hint: 'Do so.' }],
    },
  },
  usage: null,
};

test('work that loses its worker twice is put into quarantine, and its cost is told as unknown', async () => {
  expect(await run({ result: lost })).toEqual({
    code: 1,
    list: 'quarantined  a  A (crashed 2 times while it was at work: its worker is gone)',
    orders: 2,
  });
  expect(JSON.parse((await it.backlog('costs', 'specs', '--json')).stdout)).toMatchObject({ unknown: 2 });
});

test('a bug that a unit meets in every run puts it into quarantine', async () => {
  expect(await run({ result: bug })).toEqual({ code: 70, list: 'ready  a  A (Internal error: a bug)', orders: 1 });
  expect(await run({ result: bug })).toEqual({
    code: 70,
    list: 'quarantined  a  A (crashed 2 times while it was at work: Internal error: a bug)',
    orders: 2,
  });
  expect(await run({ result: bug })).toMatchObject({ code: 1, orders: 2 });
});

test.each([
  ['a failing machine', disk, 'ready  a  A (no space)'],
  ['what the user has to correct', input, 'ready  a  A (not so)'],
])('%s is no crash of the unit, however often', async (_name, result, list) => {
  for (const orders of [1, 2]) expect(await run({ result })).toEqual({ code: 2, list, orders });
});

test('an order that fails after a person cancelled its unit is no failed attempt', async () => {
  const failure = { reason: 'agent-failed', kind: 'crashed', detail: 'exit 1' };
  const result = { outcome: { kind: 'failed', failure }, usage: null };
  expect(await run({ result, meanwhile: ['cancel', 'a'] })).toEqual({
    code: 0,
    said: 'a is being stopped',
    list: 'cancelled  a  A (cancelled while it was at work)',
    orders: 1,
  });
  expect((await it.backlog('log', 'a', '--json')).stdout).not.toContain('"not-done"');
});
