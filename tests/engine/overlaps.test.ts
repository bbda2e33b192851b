import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { type Answer, modelServer, reply } from '../support/model-server.ts';
import { copy, onAttempt, script, waitFor, write } from '../support/agent-script.ts';
import { spec, statesOf, TestProject } from '../support/project.ts';

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
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done' });
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
