// What quick commands take on 1,000 units, beside an empty Node and two peers: CPU and wall time, whole processes; and
// what a sync with nothing new takes on 10,000 spec files, beside a walk with stat.
// node bench/list.ts [runs]
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measure, type Measured, median } from './support/measure.ts';

const runs = Number(process.argv[2] ?? 9);
const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const node = process.execPath;
const bin = path.join(root, 'src/cli/bin.mjs');
const env = { HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', BACKLOG_CACHE_DIR: path.join(folder, 'cache') };
spawnSync(node, [path.join(root, 'build.mjs')], { cwd: root, stdio: 'inherit' });

function project(count: number): string {
  const at = path.join(folder, `p${count}`);
  mkdirSync(path.join(at, 'specs'), { recursive: true });
  for (let i = 0; i < count; i++) {
    const text = `# Unit ${i}\n\n${'What and why. '.repeat(20)}\n\n## Acceptance criteria\n\n- [ ] It works\n`;
    writeFileSync(path.join(at, 'specs', `u${i}.md`), text);
  }
  const git = (...args: readonly string[]): void =>
    void spawnSync('git', args, { cwd: at, env: { ...process.env, ...env } });
  git('init', '--quiet');
  git('config', 'user.name', 'Bench');
  git('config', 'user.email', 'bench@localhost');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Specs');
  return at;
}

interface Side {
  readonly name: string;
  readonly run: () => Measured;
  readonly seen: Measured[];
}

function compare(sides: readonly (readonly [string, () => Measured])[]): Side[] {
  const all = sides.map(([name, run]) => ({ name, run, seen: [] as Measured[] }));
  for (let run = 0; run < runs; run++) for (const one of all) one.seen.push(one.run());
  return all;
}

function tell(sides: readonly Side[]): void {
  const cpu = (one: Side | undefined): number => median((one?.seen ?? []).map((seen) => seen.cpuMs));
  const wall = (one: Side | undefined): number => median((one?.seen ?? []).map((seen) => seen.wallMs));
  for (const one of sides) {
    process.stdout.write(
      `${one.name.padEnd(30)} ${cpu(one).toFixed(0).padStart(5)} ms CPU x${(cpu(one) / cpu(sides[0])).toFixed(2)}` +
        `  ${wall(one).toFixed(0).padStart(5)} ms wall x${(wall(one) / wall(sides[0])).toFixed(2)}\n`,
    );
  }
}

const thousand = project(1000);
measure([node, bin, 'list', 'specs'], { cwd: thousand, env });
spawnSync('sleep', ['2.5']); // files that were written just now are not trusted yet
measure([node, bin, 'list', 'specs'], { cwd: thousand, env });
const sides: [string, () => Measured][] = [
  ['node -e 0', () => measure([node, '-e', '0'])],
  ['backlog --help', () => measure([node, bin, '--help'], { env })],
  ['backlog list, 1,000 units', () => measure([node, bin, 'list', 'specs'], { cwd: thousand, env })],
];
const peers = path.join(folder, 'peers');
mkdirSync(peers);
writeFileSync(path.join(peers, 'package.json'), '{}');
const npm = (...names: readonly string[]): boolean =>
  spawnSync('npm', ['install', '--silent', ...names], { cwd: peers, stdio: 'ignore' }).status === 0;
if (npm('backlog.md')) {
  const at = path.join(folder, 'backlog-md');
  mkdirSync(path.join(at, 'backlog/tasks'), { recursive: true });
  const git = (...args: readonly string[]): void =>
    void spawnSync('git', args, { cwd: at, env: { ...process.env, ...env } });
  git('init', '--quiet');
  const config =
    'project_name: "Bench"\nstatuses: ["To Do", "In Progress", "Done"]\nremote_operations: false\ncheck_active_branches: false\n';
  writeFileSync(path.join(at, 'backlog/config.yml'), config);
  for (let i = 1; i <= 1000; i++) {
    const head = `---\nid: task-${i}\ntitle: Task ${i}\nstatus: To Do\nassignee: []\ncreated_date: '2026-01-01'\nlabels: []\ndependencies: []\n---\n`;
    const text = `${head}\n## Description\n\n${'What and why. '.repeat(20)}\n\n## Acceptance Criteria\n\n- [ ] #1 It works\n`;
    writeFileSync(path.join(at, 'backlog/tasks', `task-${i} - Task-${i}.md`), text);
  }
  const cli = path.join(peers, 'node_modules/.bin/backlog');
  sides.push(['backlog.md task list --plain', () => measure([cli, 'task', 'list', '--plain'], { cwd: at, env })]);
} else process.stdout.write('backlog.md cannot be installed: skipped\n');
if (npm('@fission-ai/openspec')) {
  const at = path.join(folder, 'openspec-project');
  for (let i = 0; i < 1000; i++) {
    const change = path.join(at, 'openspec/changes', `c${i}`);
    mkdirSync(change, { recursive: true });
    writeFileSync(path.join(change, 'proposal.md'), `# Change ${i}\n\n## Why\n\nBecause.\n\n## What Changes\n\n- x\n`);
    writeFileSync(path.join(change, 'tasks.md'), '## 1. Work\n\n- [ ] 1.1 It works\n');
  }
  mkdirSync(path.join(at, 'openspec/specs'), { recursive: true });
  const cli = path.join(peers, 'node_modules/.bin/openspec');
  const quiet = { ...env, OPENSPEC_TELEMETRY: '0', DO_NOT_TRACK: '1' };
  sides.push(['openspec list', () => measure([cli, 'list'], { cwd: at, env: quiet })]);
} else process.stdout.write('openspec cannot be installed: skipped\n');
tell(compare(sides));

// The sync alone, in one process, as quick commands do it.
const ten = project(10_000);
for (const [name, value] of Object.entries(env)) process.env[name] = value;
const [{ list }, { openCurrent }] = await Promise.all([
  import('../src/engine/verbs/looking/list.ts'),
  import('../src/engine/project/stamp.ts'),
]);
const specs = path.join(ten, 'specs');
spawnSync('sleep', ['2.5']);
const asker = { name: 'Bench', folder: ten, shownFrom: ten, env: process.env };
await list.run(asker, { folder: specs, states: [] }, { signal: new AbortController().signal });
const walks: number[] = [];
const syncs: number[] = [];
for (let run = 0; run < runs; run++) {
  let started = performance.now();
  for (const entry of readdirSync(specs, { withFileTypes: true }))
    if (entry.isFile()) lstatSync(path.join(specs, entry.name));
  walks.push(performance.now() - started);
  started = performance.now();
  const current = openCurrent(asker, specs);
  syncs.push(performance.now() - started);
  if (!current) throw new Error('the queue was not up to date: something was parsed');
  current.database.close();
}
process.stdout.write(
  `10,000 files: walk with stat ${median(walks).toFixed(1)} ms, sync with nothing new ${median(syncs).toFixed(1)} ms, x${(median(syncs) / median(walks)).toFixed(2)}\n`,
);
rmSync(folder, { recursive: true, force: true });
