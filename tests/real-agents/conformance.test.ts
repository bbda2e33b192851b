import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'vitest';
import { conformance } from '../conformance/suite.ts';
import { install } from './install.ts';

const hasBwrap = process.platform === 'linux' && spawnSync('bwrap', ['--version']).status === 0;
const api = { models: ['claude-opus-5-5'] };
const crash = { bash: 'kill -9 $PPID' };

const agents = [
  { package: 'claude-code', config: { type: 'claude' }, startMs: 4000 },
  { package: 'opencode', config: { type: 'acp', preset: 'opencode', api }, startMs: 12_000 },
  { package: 'claude-agent-acp', config: { type: 'acp', preset: 'claude-agent-acp', api }, startMs: 8000 },
] as const;

for (const { package: name, config, startMs } of agents) {
  const folder = install(name);
  if (folder === null) {
    test(`${name} comes from npm`, ({ skip }) => skip('the registry does not give it'));
    continue;
  }
  const searchPath = `${folder}:${path.dirname(process.execPath)}:/usr/bin:/bin`;
  conformance({ name, config, searchPath, tier: hasBwrap ? 'strict' : 'none', crash, startMs });
}
