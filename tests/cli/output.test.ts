import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { inert } from '../../src/cli/output.ts';
import { canMount, fileUnit, scripted, smallDisk, TestProject, writeFile } from '../support/project.ts';

test.each([
  ['a command of GitHub', '::add-mask::x', '\\::add-mask::x'],
  ['one behind blanks, on a later line', 'a\n \t::error::x', 'a\n \t\\::error::x'],
  ['an older command', 'a ##[group]x', 'a #\\#[group]x'],
  ['a command of Azure', '##vso[task.setvariable]x', '#\\#vso[task.setvariable]x'],
  ['a command of TeamCity', '##teamcity[buildStop]', '#\\#teamcity[buildStop]'],
  ['a path of Rust stays', 'std::fs::read', 'std::fs::read'],
  ['a heading stays', '## Done', '## Done'],
  ['one colon stays', ': x', ': x'],
])('%s', (_name, text, expected) => expect(inert(text)).toBe(expected));

describe('standard output that cannot be written', () => {
  const main = path.resolve(import.meta.dirname, '../../dist/main.js');
  const full = `error: standard output could not be written: the disk is full (ENOSPC: no space left on device, write) [machine]
  Fix that, and run the command again. Recorded work is kept: "backlog report" shows the last run.
`;
  const make = (): TestProject => TestProject.make({ ...scripted(writeFile), ...fileUnit('a') });
  /** What is typed, with `backlog` for the command line. */
  const type = (it: TestProject, line: string): { readonly code: number | null; readonly stderr: string } => {
    const words = `backlog() { "${process.execPath}" "${main}" "$@"; }; ${line}`;
    const { status, stderr } = spawnSync('sh', ['-c', words], { cwd: it.root, env: it.env, encoding: 'utf8' });
    return { code: status, stderr };
  };

  test('is the machine, and never a bug, whatever was asked; a run goes on to its end', () => {
    const it = make();
    for (const asked of ['list', 'list --json', 'list --help', '--version', 'trust --show'])
      expect({ asked, ...type(it, `backlog ${asked} > /dev/full`) }).toEqual({ asked, code: 2, stderr: full });
    expect(type(it, 'backlog list > /dev/full 2>&1')).toEqual({ code: 2, stderr: '' });
    expect(type(it, 'backlog list 2> /dev/full > list')).toEqual({ code: 0, stderr: '' });
    expect(it.read('list')).toBe('ready  a  A\n');
    expect(type(it, 'backlog run --allow-unsandboxed > /dev/full 2>&1')).toEqual({ code: 2, stderr: '' });
    expect(type(it, 'backlog list > list')).toEqual({ code: 0, stderr: '' });
    expect(it.read('list')).toBe('done  a  A\n');
    expect(it.landings()).toEqual(['a']);
    const json = type(it, 'backlog run --json --nonsense > /dev/full');
    expect(json.code).toBe(2);
    expect(json.stderr).toMatch(/^error: .*--nonsense/);
  });

  test('is none that nobody wants, and none that takes it', () => {
    const it = make();
    for (const asked of [
      'schema config | head -c 1 > out',
      'list > /dev/null',
      'list >&-',
      'list > out',
      'list | cat > out',
    ])
      expect({ asked, ...type(it, `backlog ${asked}`) }).toEqual({ asked, code: 0, stderr: '' });
  });

  test.runIf(canMount)('is a disk with room for a part of it, too', () => {
    const it = make();
    const disk = path.join(it.outside, 'disk');
    smallDisk(disk, '4k');
    expect(type(it, `backlog schema config > "${disk}/out"`)).toEqual({ code: 2, stderr: full });
    expect(statSync(path.join(disk, 'out')).size).toBe(4096);
    expect(type(it, 'backlog schema config > out')).toEqual({ code: 0, stderr: '' });
    expect(it.read('out').startsWith(readFileSync(path.join(disk, 'out'), 'utf8'))).toBe(true);
  });
});
