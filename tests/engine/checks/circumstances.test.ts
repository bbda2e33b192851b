import { mkdirSync, readFileSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { circumstancesOf } from '../../../src/engine/checks/circumstances.ts';
import { configSchema } from '../../../src/model/config.ts';
import { scripted, spec, temporaryFolder, TestProject, writeFiles } from '../../support/project.ts';

test('evidence is of its circumstances: another way to run a command, other limits, other programs are others', () => {
  const folder = temporaryFolder();
  const [bin, sdk] = [path.join(folder, 'bin'), path.join(folder, 'sdk')];
  mkdirSync(bin);
  mkdirSync(sdk);
  const checkout = { autocrlf: 'false', eol: 'lf', everywhere: Buffer.alloc(0), here: Buffer.alloc(0) } as const;
  const of = (config: object, timeoutMs = 1000, searchPath = bin, digest = 'a'): string =>
    circumstancesOf(
      configSchema.parse(config),
      timeoutMs,
      { ...process.env, PATH: searchPath },
      { ...checkout, digest },
    );
  const same = of({});
  const honest: readonly object[] = [{}, { limits: { attempts: 5 } }, { review: 'off' }, { into: 'x' }, { map: 'off' }];
  for (const config of honest) expect([config, of(config)]).toEqual([config, same]);
  const others = [
    of({ setup: 'npm ci' }),
    of({ setup: { command: 'npm ci', network: 'none' } }),
    of({ history: true }),
    of({ sandbox: { network: 'host' } }),
    of({ sandbox: { network: ['example.org'] } }),
    of({ sandbox: { hosts: ['example.org'] } }),
    of({ sandbox: { memoryMb: 512 } }),
    of({ sandbox: { tier: 'basic' } }),
    of({ sandbox: { toolchains: [sdk] } }),
    of({}, 2000),
    of({}, 1000, `${bin}:${sdk}`),
    of({}, 1000, `${sdk}:${bin}`),
    of({}, 1000, bin, 'b'), // other line ends in a checkout
  ];
  expect(new Set([same, ...others]).size).toBe(others.length + 1);
  // A folder's time is what tells that a program came, went or was replaced.
  writeFiles(bin, { node: '' });
  utimesSync(bin, 1, 1);
  expect(of({})).not.toBe(same);
});

test('a folder of shims that a shell only touched is the same; one with another shim is not', () => {
  const shims = path.join(temporaryFolder(), 'shims');
  mkdirSync(shims);
  writeFiles(shims, { python: '' });
  utimesSync(path.join(shims, 'python'), 1, 1);
  const checkout = {
    autocrlf: 'false',
    eol: 'lf',
    everywhere: Buffer.alloc(0),
    here: Buffer.alloc(0),
    digest: 'a',
  } as const;
  const now = (): string => circumstancesOf(configSchema.parse({}), 1000, { ...process.env, PATH: shims }, checkout);
  const before = now();
  writeFiles(shims, { '.pyenv-shim': '' });
  utimesSync(shims, 5, 5);
  expect(now()).toBe(before);
  utimesSync(path.join(shims, 'python'), 2, 2);
  const replaced = now();
  writeFiles(shims, { pip: '' });
  expect(new Set([before, replaced, now()]).size).toBe(3);
});

test('what was green under the same circumstances is not run again; under others it is', async () => {
  const it = TestProject.make({ 'specs/a.md': spec('A', [], ['x — check: `test -f a.txt`']) });
  const log = path.join(it.outside, 'log');
  const config = (more: object): Record<string, string> =>
    scripted('true', { checks: { lint: `echo x >> ${log}` }, limits: { attempts: 1 }, ...more });
  const runs = async (unit: string, more: object): Promise<number> => {
    const before = readFileSync(log, { encoding: 'utf8', flag: 'a+' }).length;
    // With touches: without them the checks before the work are traced anew on each tree.
    const text = spec(unit, [`touches: [${unit}.txt]`], [`x — check: \`test -f ${unit}.txt\``]);
    it.write({ ...config(more), [`specs/${unit}.md`]: text });
    await it.backlog('run', 'specs');
    return (readFileSync(log, 'utf8').length - before) / 2;
  };
  expect(await runs('b', {})).toBeGreaterThan(0);
  expect(await runs('c', {})).toBe(0);
  expect(await runs('d', { sandbox: { tier: 'none', memoryMb: 4096 } })).toBeGreaterThan(0);
  expect(await runs('e', { sandbox: { tier: 'none', memoryMb: 4096 } })).toBe(0);
});
