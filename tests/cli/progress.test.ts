import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

const main = path.resolve(import.meta.dirname, '../../dist/main.js');
const args = [main, 'run', '--allow-unsandboxed'];

/** Lines without what differs from run to run. */
const steady = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/^\d\d:\d\d:\d\d {2}/, '<time>  ')
        .replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>')
        .replace(/\b[0-9a-f]{10}\b/g, '<commit>'),
    );

const began = '<time>  run <run>: 1 of 1 units to do, with script, onto backlog/next (sandbox: none)';
const events = [
  began,
  '<time>  Agents and checks run without a sandbox, as your user, as you allowed.',
  '<time>  backlog/next: made at <commit>',
  '<time>  wave 1: a',
  '<time>  a: worked, 1 file; judging',
  '<time>  a: done ✓ landed as <commit> (+1 −0)',
];

test.each<[string, object, readonly string[], readonly string[]]>([
  ['without a terminal, each event is a line with its time', {}, [], events],
  ['the same can be asked for', { progress: 'events' }, [], events],
  ['nothing', { progress: 'quiet' }, [], ['']],
  ['nothing, since the person asks for that', { progress: 'events' }, ['--quiet'], ['']],
])('%s', (_what, config, more, lines) => {
  const it = TestProject.make({ ...scripted(writeFile, config), ...fileUnit('a') });
  const { status, stderr } = spawnSync(process.execPath, [...args, ...more], {
    ...{ cwd: it.root, env: it.env, encoding: 'utf8' },
  });
  expect({ status, lines: steady(stderr) }).toEqual({ status: 0, lines });
});

test('now and then one line says how far the run is', async () => {
  const it = TestProject.make(fileUnit('a'));
  const go = path.join(it.outside, 'go');
  it.write(scripted([`while [ ! -e ${go} ]; do sleep 0.05; done`, writeFile], { progress: '1s' }));
  it.commit('More');
  const child = spawn(process.execPath, args, { cwd: it.root, env: it.env });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    if (stderr.includes('1 running')) writeFileSync(go, '');
  });
  const code = await new Promise((done) => child.on('close', done));
  const lines = steady(stderr);
  expect({ code, first: lines[0] }).toEqual({ code: 0, first: began });
  expect(lines).toContain('<time>  0 of 1 landed, 1 running, 0 waiting');
  expect(lines.filter((line) => !/^<time> {2}\d of 1 landed, \d running, \d waiting$/.test(line))).toEqual([began]);
});

test('what is no way to show a run is refused', async () => {
  const it = TestProject.make({ ...scripted(writeFile, { progress: 'loud' }), ...fileUnit('a') });
  const { code, stderr } = await it.backlog('run', '--allow-unsandboxed');
  expect(code).toBe(2);
  expect(stderr).toContain('progress is "live", "events", "quiet" or a duration: "10s", "5m" [bad-value]');
});
