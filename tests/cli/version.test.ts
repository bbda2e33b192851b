import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { TestProject } from '../support/project.ts';

test('version tells what backlog runs on, starts no program of the repository, and leaves nothing', async () => {
  const it = TestProject.make({ 'specs/a.md': '# A\n' });
  // An agent that the clone brings, and one that is installed.
  const [theirs, installed] = [path.join(it.root, 'bin'), path.join(it.outside, 'bin')];
  for (const folder of [theirs, installed]) {
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'claude'), `#!/bin/sh\ntouch '${it.outside}/started'\necho 9.9.9\n`);
    chmodSync(path.join(folder, 'claude'), 0o755);
  }
  const around = it.env;
  const env = { PATH: `${installed}:${around['PATH'] ?? ''}` };
  const told = await it.start(['version'], { env }).ended;
  expect({ ...told, stdout: told.stdout.replaceAll(/ {2}[\d.]+$/gm, '  <version>') }).toEqual({
    ...{ code: 0, stderr: '' },
    stdout: expect.stringMatching(
      /^backlog {2}<version>\nnode {5}<version>\nsqlite {3}<version>\ngit {6}<version>\nsandbox {2}\w[^\n]*\nagents {3}claude\b[^\n]*\n$/,
    ) as string,
  });
  const json = JSON.parse((await it.start(['version', '--json'], { env }).ended).stdout) as object;
  expect(json).toMatchObject({
    ...{ schemaVersion: 1, kind: 'version', backlog: '0.1.0', node: process.versions.node },
    agents: [{ program: 'claude', file: path.join(installed, 'claude') }],
  });
  expect(readdirSync(it.outside).toSorted()).toEqual(['bin', 'cache', 'home']);
  expect(readdirSync(path.join(it.outside, 'cache'))).toEqual([]);
  expect(await it.backlog('--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
});

test('a configuration with errors hides no version', async () => {
  const it = TestProject.make({ 'specs/a.md': '# A\n', 'specs/backlog.config.json': '{' });
  const told = await it.backlog('version');
  expect([told.code, told.stderr, told.stdout]).toEqual([
    0,
    '',
    expect.stringMatching(/^sandbox {2}none works here \(/m),
  ]);
});
