import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import PQueue from 'p-queue';
import { expect, test } from 'vitest';
import { CommandLine } from '../../../src/engine/hooks/command-line.ts';
import type { ToldHook } from '../../../src/model/hook-event.ts';
import { createRedactor } from '../../../src/util/text/redact.ts';
import { temporaryFolder } from '../../support/project.ts';

const told = (event: ToldHook['event'], key = ''): ToldHook => ({
  ...{
    schemaVersion: 1,
    kind: 'hook',
    event,
    at: new Date(0).toISOString(),
    project: 'p',
    repository: '/p',
    specs: '/p/specs',
  },
  run: { id: 'r', branch: 'b', startedAt: new Date(0).toISOString() },
  ...{ what: key, details: [], decide: [], command: null, landed: null, ended: null, unit: null },
});

/** A command in a folder of its own, and the lines that it wrote there; the shell makes a file before it writes to it. */
function lineOf(command: string, more: { readonly timeout?: string; readonly signal?: AbortSignal } = {}) {
  const folder = temporaryFolder();
  const warnings: string[] = [];
  const line = new CommandLine(
    { command, timeout: more.timeout ?? null, events: ['unit.landed'] },
    {
      ...{
        folder,
        env: { PATH: process.env['PATH'] ?? '', TOKEN: 'a-long-secret' },
        slots: new PQueue({ concurrency: 4 }),
      },
      ...{
        isChanged: () => null,
        warn: (text) => void warnings.push(text),
        redactor: createRedactor(['a-long-secret']),
      },
      signal: more.signal ?? new AbortController().signal,
    },
  );
  const wrote = (name: string): string[] => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  };
  return { line, warnings, wrote, folder };
}

test('what still waits gives way to the end of the run', async () => {
  const { line, warnings, wrote, folder } = lineOf(
    'echo "$BACKLOG_EVENT" >> heard; until [ -e go ]; do sleep 0.02; done',
  );
  for (let index = 0; index < 50; index++) line.call(told('unit.landed'));
  line.call(told('run.ended'));
  await expect.poll(() => wrote('heard')).toEqual(['unit.landed']);
  line.skip();
  writeFileSync(path.join(folder, 'go'), '');
  await line.ended();
  expect(wrote('heard')).toEqual(['unit.landed', 'run.ended']);
  expect(warnings.at(-1)).toMatch(/ was not called for 49 events\.$/);
});

test('a storm of events starts one process at a time, and more than a thousand are not kept', async () => {
  const { line, warnings, wrote } = lineOf('mkdir busy || echo x >> overlap; echo x >> heard; rmdir busy; exit 1');
  for (let index = 0; index < 1100; index++) line.call(told('unit.landed'));
  await expect.poll(() => wrote('heard').length).toBeGreaterThan(3);
  line.skip();
  await line.ended();
  expect(wrote('overlap')).toEqual([]);
  expect(warnings.length).toBe(5);
  expect(warnings.slice(-2).join(' ')).toMatch(/ failed \d+ more times?\. .* was not called for \d+ events\.$/);
});

test('the run waits no longer than it says, and the processes of a command end with it', async () => {
  const stop = new AbortController();
  const { line, warnings, wrote } = lineOf('echo x >> heard; sleep 1000 & echo $! > child; wait', {
    signal: stop.signal,
  });
  line.call(told('unit.landed'));
  line.call(told('unit.landed'));
  await expect.poll(() => wrote('child').length).toBe(1);
  stop.abort();
  await line.ended();
  expect(wrote('heard')).toEqual(['x']);
  const stat = `/proc/${wrote('child')[0]}/stat`;
  expect(existsSync(stat) && !/^\d+ \(.*\) Z/.test(readFileSync(stat, 'utf8'))).toBe(false);
  expect(warnings.map((text) => text.replace(/".*"/, '…'))).toEqual([
    'The hook … for unit.landed: the run could not wait for it any longer.',
    'The hook … was not called for 1 event.',
  ]);
});

test.each([
  ['echo "token $TOKEN"; exit 1', 'exit code 1: token [secret]'],
  [String.raw`printf '\033[31mred\033[0m\n\n' >&2; exit 2`, 'exit code 2: red'],
  ['echo out; echo err >&2; exit 3', 'exit code 3: err'],
  ['exit 126', 'exit code 126'],
])(
  'of the output of a failed command the last line is told, without secrets and escapes: %s',
  async (command, says) => {
    const { line, warnings } = lineOf(command);
    line.call(told('unit.landed'));
    await line.ended();
    expect(warnings.map((text) => text.split('for unit.landed: ')[1])).toEqual([`${says}.`]);
  },
);
