import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { agentOf } from '../support/agent.ts';
import { openBox } from '../support/box.ts';
import { order } from '../support/order.ts';
import { scriptedModel, type Step } from '../support/scripted-model.ts';
import { conformance } from './suite.ts';

/** Back ends whose programs are at hand; those of others are tried in `tests/real-agents`. */
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-mini-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
chmodSync(folder, 0o755);
mkdirSync(path.join(folder, 'bin'));
const mini = path.join(folder, 'bin/mini.mjs');
buildSync({
  entryPoints: [path.resolve(import.meta.dirname, '../support/mini-agent.ts')],
  outfile: mini,
  bundle: true,
  platform: 'node',
  format: 'esm',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});

const searchPath = `${path.dirname(mini)}:${path.dirname(process.execPath)}:/usr/bin:/bin`;
const hasBwrap = process.platform === 'linux' && spawnSync('bwrap', ['--version']).status === 0;
const tier = hasBwrap ? 'strict' : 'none';
const api = { models: ['claude-opus-5-5'] };
const crash = { bash: 'kill -9 $PPID' };
const common = { searchPath, startMs: 0 };

conformance({ ...common, name: 'anthropic', config: { type: 'anthropic' }, tier: 'none', crash: null });
conformance({
  ...common,
  name: 'command',
  config: { type: 'command', command: `exec node '${mini}'`, api },
  tier,
  crash,
});
conformance({
  ...common,
  name: 'acp',
  config: { type: 'acp', command: ['node', mini, 'acp'], api },
  tier,
  crash,
});

// Of a program that calls by itself only its price is known, where somebody gave one.
test.each([
  ['nobody knows', {}, null],
  ['is assumed', { costUsd: 0.5 }, 500_000],
  ['a subscription pays', { subscription: true }, 0],
])('what an agent costs that %s is told as it is declared', async (_name, price, cost) => {
  const box = await openBox('none', searchPath);
  const model = await scriptedModel(
    [0, 1].flatMap((): Step[] => [{ finish: { summary: 'Done.' } }, { say: 'That is all.' }]),
  );
  const reach = { ANTHROPIC_API_KEY: 'sk-dummy', ANTHROPIC_BASE_URL: model.url };
  const agents: Parameters<typeof agentOf>[0][] = [
    { type: 'command', command: 'true', ...price },
    { type: 'acp', command: ['node', mini, 'acp'], env: reach, ...price },
  ];
  for (const config of agents) {
    const agent = await agentOf(config, { folder: box.folder, env: { PATH: searchPath } });
    const given = order(box.folder, { workspace: box.handle });
    const outcome = await agent.work(given, () => {}, new AbortController().signal);
    expect([outcome.kind, agent.abilities.reportsCost, outcome.usage.costMicroUsd]).toEqual([
      'finished',
      cost !== null,
      cost,
    ]);
  }
});
