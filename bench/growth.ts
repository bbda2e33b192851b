// What the parts of a run take with 100, 1,000 and 10,000 units (60 events and 30 calls each), each size in a process of
// its own: the processor's time, what each further unit adds to it, and the peak of memory. What a further unit costs
// between the larger sizes, by what it costs between the smaller ones, is the growth: 1 is linear. Beside that, what it
// takes to give back what is no longer needed, by how many files are installed.
// node bench/growth.ts [sizes, as 100,1000,10000] [runs of the smaller sizes]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { median } from './support/measure.ts';

const sizes = (process.argv[2] ?? '100,1000,10000').split(',').map(Number);
const runs = Number(process.argv[3] ?? 3);
const parts = ['drain', 'budget', 'ledger', 'report', 'plan', 'sync', 'status'] as const;
type Part = (typeof parts)[number];

function measured(program: string, size: number): unknown {
  const file = path.join(import.meta.dirname, 'support', program);
  const result = spawnSync(process.execPath, [file, String(size)], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program} ${size}: ${result.stderr}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '');
}

interface Measured {
  readonly cpu: Readonly<Record<Part, number>>;
  readonly peakMiB: number;
}
const all = sizes.map((size) => {
  const times = size === Math.max(...sizes) && sizes.length > 1 ? 1 : runs;
  return Array.from({ length: times }, () => measured('growth-parts.ts', size) as Measured);
});
const line = (cells: readonly string[]): void =>
  void process.stdout.write(
    `${cells.map((cell, index) => (index === 0 ? cell.padEnd(8) : cell.padStart(13))).join('')}\n`,
  );
const shown = (size: number): string => size.toLocaleString('en');

line([
  '',
  ...sizes.map((size) => `${shown(size)}, ms`),
  ...sizes.slice(1).map((size) => `to ${shown(size)}`),
  'growth',
]);
for (const part of parts) {
  const cpu = all.map((one) => median(one.map((seen) => seen.cpu[part])));
  const added = sizes.slice(1).map((size, index) => {
    const [smaller = 0, before = 0, now = 0] = [sizes[index], cpu[index], cpu[index + 1]];
    return (now - before) / (size - smaller);
  });
  const [first = 0, last = 0] = [added[0], added.at(-1)];
  line([
    part,
    ...cpu.map((ms) => ms.toFixed(0)),
    ...added.map((ms) => `${ms.toFixed(3)} ms`),
    added.length < 2 ? '' : `x${(last / first).toFixed(2)}`,
  ]);
}
line(['memory', ...all.map((one) => `${median(one.map((seen) => seen.peakMiB)).toFixed(0)} MiB`)]);

process.stdout.write('\n');
const installed = [100, 10_000, 100_000];
const found = installed.map((files) => measured('growth-reclaim.ts', files) as { ms: number; peakMiB: number });
line(['files', ...installed.map(shown)]);
line(['reclaim', ...found.map(({ ms }) => `${ms.toFixed(0)} ms`)]);
line(['memory', ...found.map(({ peakMiB }) => `${peakMiB.toFixed(0)} MiB`)]);
