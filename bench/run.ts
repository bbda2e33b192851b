// What a whole run costs for each unit, workspaces, judging and landing included: units whose agent writes one file, each
// with one check, eight side by side, in the sandbox tier that works here.
// node bench/run.ts [units] [runs]
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measure, type Measured, median } from './support/measure.ts';

const count = Number(process.argv[2] ?? 60);
const runs = Number(process.argv[3] ?? 3);
const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'src/cli/bin.mjs');
spawnSync(process.execPath, [path.join(root, 'build.mjs')], { cwd: root, stdio: 'inherit' });

const seen: Measured[] = [];
for (let run = 0; run < runs; run++) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
  chmodSync(folder, 0o711); // commands run as another user pass through
  const at = path.join(folder, 'repo');
  mkdirSync(path.join(at, 'specs'), { recursive: true });
  const env = { HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', BACKLOG_CACHE_DIR: path.join(folder, 'cache') };
  const git = (...args: readonly string[]): void =>
    void spawnSync('git', ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', ...args], {
      cwd: at,
      env: { ...process.env, ...env },
    });
  const config = {
    agent: 'script',
    agents: { script: { type: 'command', command: 'echo "$BACKLOG_UNIT" > "$BACKLOG_UNIT.txt"' } },
    limits: { maxAgents: 8 },
  };
  writeFileSync(path.join(at, 'specs/backlog.config.json'), JSON.stringify(config));
  for (let i = 0; i < count; i++) {
    const head = `---\ntouches: [u${i}.txt]\n---\n# Unit ${i}\n\nWhat and why.\n`;
    writeFileSync(
      path.join(at, 'specs', `u${i}.md`),
      `${head}\n## Acceptance criteria\n\n- [ ] It is there — check: \`test -f u${i}.txt\`\n`,
    );
  }
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
  seen.push(measure([process.execPath, bin, 'run', 'specs', '--quiet', '--yes'], { cwd: at, env }));
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(
  `${count} units, eight side by side, median of ${runs} runs: ${(median(seen.map((one) => one.wallMs)) / count).toFixed(0)} ms wall, ` +
    `${(median(seen.map((one) => one.cpuMs)) / count).toFixed(0)} ms CPU a unit\n`,
);
