import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/project.ts';

const file = path.resolve(import.meta.dirname, '../../../src/util/files/temporary.ts');

/** Runs a script with the functions of that file, in a temporary folder of its own. */
function inFolder(folder: string, script: string): void {
  const source = `const { holdTemporary, makeTemporary, sweepTemporary } = await import(${JSON.stringify(file)}); ${script}`;
  const env = { ...process.env, TMPDIR: folder };
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', source], { env, encoding: 'utf8' });
  expect([ended.stderr, ended.signal === null ? ended.status : 0]).toEqual(['', 0]);
}

test.runIf(existsSync('/proc/self/stat'))("the folders of the dead are removed, and nobody else's", () => {
  const folder = temporaryFolder();
  inFolder(folder, "makeTemporary('spawn'); makeTemporary('model'); process.kill(process.pid, 'SIGKILL');");
  const dead = readdirSync(folder);
  expect(dead.length).toBe(2);
  mkdirSync(path.join(folder, 'backlog-spawn-unnamed'));
  mkdirSync(path.join(folder, 'other'));
  mkdirSync(path.join(folder, 'backlog-spawn-old'));
  utimesSync(path.join(folder, 'backlog-spawn-old'), 1, 1);
  dead.push('backlog-spawn-old'); // whoever made it died before it could say so
  mkdirSync(path.join(folder, 'backlog-spawn-elsewhere'));
  writeFileSync(path.join(folder, 'backlog-spawn-elsewhere/owner'), '1 1 pid:[1]');
  writeFileSync(path.join(folder, 'backlog-model-file'), '');
  const kept = readdirSync(folder).filter((name) => !dead.includes(name));
  const second = `const { spawnSync } = await import('node:child_process'); const mine = makeTemporary('read');
    const sweep = "(await import(" + JSON.stringify(${JSON.stringify(JSON.stringify(file))}.slice(1, -1)) + ")).sweepTemporary()";
    spawnSync(process.execPath, ['--input-type=module', '-e', sweep]);
    const fs = await import('node:fs'); if (!fs.existsSync(mine)) throw new Error('a living one lost its folder'); fs.rmSync(mine, { recursive: true });`;
  inFolder(folder, second);
  expect(readdirSync(folder)).toEqual(kept);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
  'a folder that is held is gone after %s, which ends the process',
  (signal) => {
    const folder = temporaryFolder();
    inFolder(folder, `holdTemporary('check'); process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`);
    expect(readdirSync(folder)).toEqual([]);
    const others = `process.on('${signal}', () => { console.log(process.exitCode = 0); clearInterval(stays); });`;
    const script = `holdTemporary('check'); ${others} process.kill(process.pid, '${signal}'); const stays = setInterval(() => {}, 1000);`;
    inFolder(folder, script);
    expect(readdirSync(folder)).toEqual([]);
  },
);
