import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import type { Report } from '../../src/model/report.ts';
import { type Answer, modelServer, reply } from '../support/model-server.ts';
import {
  append,
  blocked,
  copy,
  edit,
  onAttempt,
  onUnit,
  script,
  touch,
  waitFor,
  write,
} from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

/** An answer that comes when it is let. */
function held(answer: Answer): { readonly answer: Answer; readonly letGo: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { answer: (response) => void promise.then(() => answer(response)), letGo: resolve };
}

const looking = { maxAgents: 2, lookEvery: '20ms' };
const unnamed = (text: string): string => text.replaceAll(/data-[0-9a-f]+/g, 'data');
const told = (line: string): string =>
  `Another agent, on another unit, is changing the same lines as you, in another way. Both changes cannot be merged as they are now, and whoever lands second has to resolve that. Change there only what your unit needs, and leave to the other unit what it asks for. As of now, these files conflict:\n<data name="overlaps">\n${line}\n</data>`;

test('two agents whose changes conflict are told while they work: through the inbox, or in the next brief', async () => {
  const second = held(reply([{ type: 'tool_use', name: 'bash', input: { command: 'true' } }]));
  const third = held(reply([{ type: 'tool_use', name: 'finish', input: { summary: 'Done.' } }]));
  const server = await modelServer([
    reply([{ type: 'tool_use', name: 'write', input: { path: 'f.txt', content: 'name: a\n' } }]),
    second.answer,
    third.answer,
  ]);
  const it = TestProject.make({
    'f.txt': 'name:\n',
    'specs/a.md': spec('A', ['agent: anthropic'], ['It has a — check: `grep -q "name: a" f.txt`']),
    'specs/b.md': spec('B', [], ['It has b — check: `test -f b.txt`']),
  });
  const { outside } = it;
  it.write({
    'specs/backlog.config.json': JSON.stringify({
      agent: 'script',
      agents: {
        anthropic: { type: 'anthropic', baseUrl: server.url },
        script: {
          type: 'command',
          command: script(
            onAttempt(1, write('f.txt', 'name: b'), waitFor(`${outside}/told`), 'exit 0'),
            onAttempt(2, write('f.txt', 'name:'), write('b.txt', 'b'), copy('$BACKLOG_BRIEF', `${outside}/brief`)),
          ),
        },
      },
      limits: looking,
      parallelism: 'eager',
      recipe: 'build',
      review: 'off',
      sandbox: { tier: 'none' },
    }),
  });
  const running = it.start(['run', 'specs', '--json'], { env: { ANTHROPIC_API_KEY: 'sk-dummy' } });
  await expect.poll(() => running.stderr(), { timeout: 20_000 }).toContain('conflicts so far');
  second.letGo();
  writeFileSync(path.join(outside, 'told'), '');
  await expect.poll(() => running.stderr(), { timeout: 20_000 }).toContain('b: done');
  third.letGo();
  const ended = await running.ended;
  const report = JSON.parse(ended.stdout) as Report;
  expect(statesOf(report)).toEqual({ a: 'done', b: 'done' });
  expect(report.units.map(({ overlaps }) => overlaps)).toEqual([
    [{ with: 'b', files: ['f.txt'] }],
    [{ with: 'a', files: ['f.txt'] }],
  ]);
  expect((await it.backlog('report')).stdout).toContain('\nConflicted with a in `f.txt` while both agents worked.\n');
  expect((await it.backlog('log', 'a')).stdout).toContain('a: conflicts so far with b in f.txt; its agent was told\n');
  expect(
    ended.stderr
      .split('\n')
      .filter((line) => line.includes('conflicts so far'))
      .toSorted(),
  ).toEqual([
    'a: conflicts so far with b in f.txt; its agent was told',
    'b: conflicts so far with a in f.txt; its next brief says so',
  ]);
  expect(unnamed(readFileSync(path.join(outside, 'brief'), 'utf8'))).toContain(
    `\n\n${told('- f.txt: with A (a)')}\n\n`,
  );
  const heard = server.asked[2]?.body.messages.at(-1)?.content as { text: string }[];
  expect(unnamed(heard.at(-1)?.text ?? '')).toBe(told('- f.txt: with B (b)'));
});

/**
 * What two agents do to the same file, and whether that conflicts. Each change is of another size: one of the same size, within
 * the second in which the workspace was made, is not seen.
 */
const changes: Readonly<Record<string, { before?: string; a: string; b: string; isTold: boolean }>> = {
  'lines.txt': { before: 'before\n', a: write('lines.txt', 'a'), b: write('lines.txt', 'b'), isTold: true },
  'added.txt': { a: write('added.txt', 'a'), b: write('added.txt', 'b'), isTold: true },
  'removed.txt': { before: 'before\n', a: 'rm removed.txt', b: write('removed.txt', 'b'), isTold: true },
  'image.bin': { before: 'before', a: "printf 'a\\0' > image.bin", b: "printf 'b\\0' > image.bin", isTold: true },
  'a b\tc.txt': { before: 'before\n', a: "printf a > 'a b\tc.txt'", b: "printf b > 'a b\tc.txt'", isTold: true },
  'regions.txt': {
    before: '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    a: edit('regions.txt', 's/1/a+/'),
    b: edit('regions.txt', 's/9/b+/'),
    isTold: false,
  },
  'list.txt': { before: 'before\n', a: append('list.txt', 'a'), b: append('list.txt', 'b'), isTold: false },
  'adjacent.txt': {
    before: '1\n2\n',
    a: edit('adjacent.txt', 's/1/a+/'),
    b: edit('adjacent.txt', 's/2/b+/'),
    isTold: false,
  },
  'same.txt': { before: 'before\n', a: write('same.txt', 'y'), b: write('same.txt', 'y'), isTold: false },
  'moved.txt': {
    before: '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    a: 'mv moved.txt elsewhere.txt',
    b: edit('moved.txt', 's/5/b+/'),
    isTold: false,
  },
  'yarn.lock': { before: 'before\n', a: write('yarn.lock', 'a'), b: write('yarn.lock', 'b'), isTold: false },
  'CHANGELOG.md': { before: 'before\n', a: write('CHANGELOG.md', 'a'), b: write('CHANGELOG.md', 'b'), isTold: false },
  // What judges, and specs, are put back anyway.
  'conftest.py': { before: 'before\n', a: write('conftest.py', 'a'), b: write('conftest.py', 'b'), isTold: false },
  'specs/a.md': { a: write('specs/a.md', 'a'), b: write('specs/a.md', 'b'), isTold: false },
  'ignored.txt': { a: write('ignored.txt', 'a'), b: write('ignored.txt', 'b'), isTold: false },
};

test('only conflicts that need a decision are told', async () => {
  const all = Object.entries(changes);
  const before = all.flatMap(([file, { before: text }]) => (text === undefined ? [] : [[file, text] as const]));
  const it = TestProject.make({
    ...Object.fromEntries(before),
    '.gitignore': 'ignored.txt\n',
    'last.txt': 'before\n',
    'specs/a.md': spec('A', [], ['It has a — check: `test -f a.txt`']),
    'specs/b.md': spec('B', [], ['It has b — check: `test -f b.txt`']),
  });
  const { outside } = it;
  // The last file conflicts once both have changed all others: these are compared with it, or were before.
  const steps = (mine: 'a' | 'b', other: 'a' | 'b'): string =>
    onUnit(
      mine,
      ...all.map(([, { [mine]: step }]) => step),
      touch(`${outside}/${mine}`),
      waitFor(`${outside}/${other}`),
      write('last.txt', mine),
      waitFor(`${outside}/told`),
      blocked(),
    );
  it.write(scripted([steps('a', 'b'), steps('b', 'a')], { limits: looking, recipe: 'build', review: 'off' }));
  const running = it.start(['run', 'specs']);
  await expect.poll(() => running.stderr(), { timeout: 200_000 }).toContain('last.txt');
  writeFileSync(path.join(outside, 'told'), '');
  await running.ended;
  const events = (JSON.parse((await it.backlog('log', 'a', '--json')).stdout) as { events: { event: Event }[] }).events;
  const told = events.flatMap(({ event }) => (event.type === 'overlap' ? event.files : []));
  const expected = all.flatMap(([file, { isTold }]) => (isTold ? [file] : []));
  expect(told.toSorted()).toEqual([...expected, 'last.txt'].toSorted());
});
