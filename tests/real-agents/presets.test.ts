import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createAgent } from '../../src/agents/create.ts';
import { Limiters } from '../../src/agents/limiter.ts';
import { Prices } from '../../src/agents/prices.ts';
import { Warmth } from '../../src/agents/warmth.ts';
import type { AgentEvent } from '../../src/model/agent.ts';
import { agentConfigSchema } from '../../src/model/config.ts';
import { systemClock } from '../../src/util/clock.ts';
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
  const agent = await createAgent({
    name: preset,
    config: agentConfigSchema.parse({ type: 'acp', preset, costUsd: 0 }),
    models: [],
    base: '/',
    sessions: path.join(box.folder, 'sessions'),
    recordInto: null,
    env: { PATH: searchPath, HOME: box.folder },
    limiters: new Limiters(systemClock),
    warmth: new Warmth(systemClock),
    prices: new Prices(),
    isOffline: true,
    isReachable: () => true,
  });
  const events: AgentEvent[] = [];
  const limits = { turns: 5, timeMs: 50_000, idleMs: 30_000 };
  const given = order(box.folder, { workspace: box.handle, limits });
  const outcome = await agent.work(given, (event) => events.push(event), new AbortController().signal);
  expect([events[0], outcome]).toMatchObject([
    { type: 'turn', text: expect.stringMatching(title) as unknown },
    { kind: 'failed', failure: { kind: 'provider', detail: expect.stringMatching(/^It wants a login: /) as unknown } },
  ]);
  expect(box.left()).toEqual([]);
});
