// What scheduling costs: no-op units with random dependencies, width 8, each one process, every state durable; beside a
// ready queue by hand with the same two commits for each unit, ninja, make, GNU parallel and wireit.
// node bench/drain.ts [units] [runs]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { bundled, measure, type Measured, median, peer } from './support/measure.ts';
import { layeredGraph } from './support/units.ts';

const count = Number(process.argv[2] ?? 1000);
const runs = Number(process.argv[3] ?? 3);
const width = 8;
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const graph = layeredGraph(count, 7);
const programs = bundled(['bench/support/drain-ours.ts', 'bench/support/drain-by-hand.ts']);
const node = process.execPath;

interface Side {
  readonly name: string;
  readonly run: () => Measured;
  readonly seen: Measured[];
}
const sides: Side[] = [];
const side = (name: string, run: () => Measured): void => void sides.push({ name, run, seen: [] });

side('backlog', () => {
  const queue = mkdtempSync(path.join(folder, 'queue-'));
  const ours = [node, programs.file('drain-ours'), String(count), String(width), queue];
  measure([...ours, 'prepare']);
  return measure(ours);
});
side('by hand', () => measure([node, programs.file('drain-by-hand'), String(count), String(width)]));

const make = peer('make', [['apt-get', 'install', '-y', '-qq', 'make']]);
if (make !== null) {
  const rules = graph.map((depends, i) => `u${i}: ${depends.map((other) => `u${other}`).join(' ')}\n\t@/bin/true\n`);
  const all = graph.map((_, i) => `u${i}`).join(' ');
  writeFileSync(path.join(folder, 'Makefile'), `.PHONY: all ${all}\nall: ${all}\n${rules.join('')}`);
  side('make', () => measure([make, '-j8', '-f', path.join(folder, 'Makefile'), 'all'], { cwd: folder }));
}
const ninja = peer('ninja', [['apt-get', 'install', '-y', '-qq', 'ninja-build']]);
if (ninja !== null) {
  const rules = graph.map((depends, i) => `build u${i}: t ${depends.map((other) => `u${other}`).join(' ')}\n`);
  writeFileSync(path.join(folder, 'build.ninja'), `rule t\n  command = /bin/true\n${rules.join('')}`);
  side('ninja', () => {
    rmSync(path.join(folder, '.ninja_log'), { force: true });
    return measure([ninja, '-j8', '-C', folder, '--quiet'], { cwd: folder });
  });
}
const parallel = peer('parallel', [['apt-get', 'install', '-y', '-qq', 'parallel']]);
if (parallel !== null) {
  const list = path.join(folder, 'list');
  writeFileSync(list, `${graph.map((_, i) => i).join('\n')}\n`);
  side('GNU parallel (no dependencies)', () => measure([parallel, '-j8', '--will-cite', '-a', list, '/bin/true']));
}
const wireitFolder = path.join(folder, 'wireit');
mkdirSync(wireitFolder);
const scripts: Record<string, unknown> = Object.fromEntries(
  ['all', ...graph.map((_, i) => `u${i}`)].map((name) => [name, 'wireit']),
);
const wireit: Record<string, unknown> = { all: { dependencies: graph.map((_, i) => `u${i}`) } };
for (const [i, depends] of graph.entries())
  wireit[`u${i}`] = { command: '/bin/true', dependencies: depends.map((other) => `u${other}`) };
writeFileSync(path.join(wireitFolder, 'package.json'), JSON.stringify({ name: 'bench', scripts, wireit }));
const installed = spawnSync('npm', ['install', '--no-save', '--silent', 'wireit'], {
  cwd: wireitFolder,
  stdio: 'ignore',
});
if (installed.status === 0) {
  const env = { WIREIT_PARALLEL: String(width), WIREIT_CACHE: 'none', WIREIT_LOGGER: 'simple' };
  side('wireit', () => measure(['npm', 'run', '--silent', 'all'], { cwd: wireitFolder, env }));
} else process.stdout.write('wireit cannot be installed: skipped\n');

for (let run = 0; run < runs; run++) for (const one of sides) one.seen.push(one.run());
programs.remove();
rmSync(folder, { recursive: true, force: true });

const cpu = (one: Side | undefined): number => median((one?.seen ?? []).map((seen) => seen.cpuMs));
const floor = cpu(sides.find((one) => one.name === 'by hand'));
process.stdout.write(`${count} units, width ${width}, median of ${runs} runs, whole processes\n`);
for (const one of sides) {
  const wall = median(one.seen.map((seen) => seen.wallMs)) / count;
  const rss = one.seen.flatMap((seen) => /"peakRssMiB":([\d.]+)/.exec(seen.stdout)?.[1] ?? []).map(Number);
  process.stdout.write(
    `${one.name.padEnd(32)} ${wall.toFixed(2)} ms wall, ${(cpu(one) / count).toFixed(2)} ms CPU a unit, ` +
      `CPU x${(cpu(one) / floor).toFixed(2)} by hand${rss.length > 0 ? `, peak ${median(rss).toFixed(0)} MiB` : ''}\n`,
  );
}
