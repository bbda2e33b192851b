import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/project.ts';

const bin = path.resolve(import.meta.dirname, '../../src/cli/bin.mjs');

/** Starts the bin on this Node, which claims to be an older one. */
function start(
  file: string,
  version: string,
  ...args: readonly string[]
): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const disguise = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  const ended = spawnSync(process.execPath, ['--import', disguise, file, ...args], { encoding: 'utf8' });
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

describe('the bin looks at the version of Node before it imports anything', () => {
  test('new enough: it goes on', () => {
    expect(start(bin, process.versions.node, '--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });

  test.each(['18.0.0', '20.20.2', '22.17.9'])(
    '%s: it goes on with the newer Node that is installed beside it',
    (version) => {
      expect(start(bin, version, '--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
    },
  );

  test('its exit code is that of the newer one', () => {
    expect(start(bin, '20.20.2', 'run', '/nowhere').code).toBe(2);
  });

  test('nothing newer is there: exit 78, and what to do', () => {
    const folder = path.join(temporaryFolder(), 'src/cli');
    mkdirSync(folder, { recursive: true });
    cpSync(bin, path.join(folder, 'bin.mjs'));
    expect(start(path.join(folder, 'bin.mjs'), '20.20.2', 'run')).toEqual({
      code: 78,
      stdout: '',
      stderr:
        'backlog needs Node 22.18 or newer; this is 20.20.2.\nInstall a newer Node, or let npm bring one: npm install --save-dev node@24 (with --global where backlog is installed globally).\n',
    });
  });
});
