import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { AgentEvent } from '../../src/model/agent.ts';
import { agentOf } from '../support/agent.ts';
import { openBox } from '../support/box.ts';
import { order } from '../support/order.ts';
import { install } from './install.ts';

const hasBwrap = process.platform === 'linux' && spawnSync('bwrap', ['--version']).status === 0;

// Their models cannot be stood in for here: they are started, spoken to, and end where a login is missing.
test.each([
  ['codex', 'codex-acp', /^Codex /],
  ['copilot', 'copilot', /^Copilot /],
  ['gemini', 'gemini-cli', /^Gemini CLI /],
  ['qwen', 'qwen-code', /^Qwen Code /],
] as const)('%s starts, speaks, and says that it wants a login', async (preset, name, title) => {
  const folder = install(name);
  if (folder === null) return; // said loudly
  const searchPath = `${folder}:${path.dirname(process.execPath)}:/usr/bin:/bin`;
  const box = await openBox(hasBwrap ? 'strict' : 'none', searchPath);
  const agent = await agentOf(
    { type: 'acp', preset, costUsd: 0 },
    { folder: box.folder, env: { PATH: searchPath, HOME: box.folder } },
  );
  const events: AgentEvent[] = [];
  const limits = { turns: 5, timeMs: 50_000, idleMs: 30_000 };
  const given = order(box.folder, { workspace: box.handle, limits });
  const outcome = await agent.work(given, (event) => events.push(event), new AbortController().signal);
  expect([events[0], outcome]).toMatchObject([
    { type: 'turn', text: expect.stringMatching(title) as unknown },
    {
      kind: 'failed',
      failure: { kind: 'login', detail: expect.stringMatching(/^The agent "acp" requires a login: /) as unknown },
    },
  ]);
  expect(box.left()).toEqual([]);
});
