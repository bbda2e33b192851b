import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { agentOf } from '../support/agent.ts';
import { openBox } from '../support/box.ts';
import { order } from '../support/order.ts';
import { scriptedModel } from '../support/scripted-model.ts';
import { install } from './install.ts';

const hasBwrap = process.platform === 'linux' && spawnSync('bwrap', ['--version']).status === 0;

test('Claude Code hears what a person says while a tool is at work, and its answer counts', async ({ skip }) => {
  const folder = install('claude-code');
  if (folder === null) return skip('the registry does not give it');
  const searchPath = `${folder}:${path.dirname(process.execPath)}:/usr/bin:/bin`;
  const box = await openBox(hasBwrap ? 'strict' : 'none', searchPath);
  const at = (name: string): string => path.join(box.workspace, name);
  const model = await scriptedModel([
    { bash: 'touch begun; until [ -f go ]; do sleep 0.05; done' },
    { finish: { summary: 'With tabs.' } },
    { say: 'That is all.' },
    { say: 'That is all.' },
  ]);
  const agent = await agentOf(
    { type: 'claude' },
    {
      folder: box.folder,
      env: { PATH: searchPath, ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: model.url },
      isOffline: true,
    },
  );
  let asked = 0;
  const takeWords = (): string[] => {
    if (!existsSync(at('begun'))) return [];
    if (++asked === 2) writeFileSync(at('go'), ''); // what was said is with it by now
    return asked === 1 ? ['Use tabs.'] : [];
  };
  const given = order(box.folder, { workspace: box.handle, takeWords });
  const outcome = await agent.work(given, () => {}, new AbortController().signal);
  expect(outcome).toMatchObject({ kind: 'finished', answer: { summary: 'With tabs.' } });
  const heard = model.asked.findIndex(({ body }) => JSON.stringify(body.messages).includes('Use tabs.'));
  expect(heard).toBe(1);
});
