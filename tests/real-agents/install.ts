import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The programs of others, in the versions that were tried last. `BACKLOG_LATEST_AGENTS=1` takes their newest instead. */
const packages = {
  'claude-code': ['@anthropic-ai/claude-code', '2.1.332'],
  'claude-agent-acp': ['@agentclientprotocol/claude-agent-acp', '0.101.0'],
  'codex-acp': ['@agentclientprotocol/codex-acp', '2.6.0'],
  copilot: ['@github/copilot', '1.0.102'],
  'gemini-cli': ['@google/gemini-cli', '0.61.0'],
  opencode: ['opencode-ai', '1.18.33'],
  'qwen-code': ['@qwen-code/qwen-code', '0.24.4'],
} as const;

/**
 * Installs an agent from npm, once; returns the folder of its programs. Null, and one loud line, when the registry does
 * not give it.
 */
export function install(name: keyof typeof packages): string | null {
  const [pkg, pinned] = packages[name];
  const version = process.env['BACKLOG_LATEST_AGENTS'] === '1' ? 'latest' : pinned;
  const folder = path.resolve(import.meta.dirname, '../../node_modules/.cache/real-agents', `${name}-${version}`);
  const done = path.join(folder, 'done');
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{}');
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `${pkg}@${version}`];
    const ended = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (ended.status !== 0) {
      const why = ended.stderr.trim().split('\n')[0] ?? '';
      process.stderr.write(`\n!!! SKIPPED: ${pkg}@${version} could not be installed, so it is not tried: ${why}\n\n`);
      return null;
    }
    writeFileSync(done, '');
  }
  return path.join(folder, 'node_modules/.bin');
}

// Started by itself before the suites, which would otherwise install side by side into the same folders.
if (import.meta.main) for (const name of Object.keys(packages) as (keyof typeof packages)[]) install(name);
