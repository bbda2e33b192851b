import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
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
