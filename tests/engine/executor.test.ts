import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { hang, touch, unlessThere } from '../support/agent-script.ts';
import { fileUnit, scripted, statesOf, TestProject, withWorkers, writeFile } from '../support/project.ts';

test('work that is lost with its worker is done by another one, at no attempt; what it may have cost stays reserved', async () => {
  const it = TestProject.make({});
  const workers = path.join(it.outside, 'workers');
  it.program = [withWorkers];
  it.write({
    ...scripted([unlessThere(`${it.outside}/begun`, touch(`${it.outside}/begun`), hang), writeFile]),
    ...fileUnit('a'),
  });
  const config = JSON.parse(it.read('specs/backlog.config.json')) as { agents: { script: object } };
  config.agents.script = { ...config.agents.script, costUsd: 0.1 };
  it.write({ 'specs/backlog.config.json': JSON.stringify({ ...config, limits: { attempts: 1 } }) });
  it.commit('Specs');
  const running = it.start(['run', 'specs', '--json', '--yes', '--budget', '1'], {
    env: { BACKLOG_TEST_WORKERS: workers },
  });
  const hasBegun = (): boolean => existsSync(`${it.outside}/begun`);
  await expect.poll(hasBegun, { timeout: 60_000 }).toBe(true);
  const [run = ''] = readdirSync(workers);
  process.kill(Number(readFileSync(path.join(workers, run, 'worker-1/pid'), 'utf8')), 'SIGKILL');
  const ended = await running.ended;
  const report = JSON.parse(ended.stdout) as Report;
  expect([ended.code, statesOf(report)]).toEqual([0, { a: 'done' }]);
  expect((await it.backlog('log', 'a', '-s', 'specs')).stdout).toContain('its worker is gone');
  const costs = JSON.parse((await it.backlog('costs', 'specs', '--json')).stdout) as object;
  expect(costs).toMatchObject({ usd: 0.1, possibleUsd: 0.1 });
});
