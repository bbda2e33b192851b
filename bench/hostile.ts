// What hostile files take to be read, by format and shape, each in a process of its own with a limit: the processor's time
// at three sizes, its growth from each to the next (x4; up to 4.5 is linear), and whether the largest one is refused. Those
// over the bar (growth of more than 4.5, or 8 s for 1 MB) are marked, and make it exit with 1.
// node bench/hostile.ts [layouts, as native,todo; all without] [part of a shape's name] [sizes in KB, as 64,256,1024]
import { spawnSync } from 'node:child_process';
import { bundled } from './support/measure.ts';
import { layouts, shapes } from './support/hostile-files.ts';

const maxGrowth = 4.5;
const maxMs = 8000;
const limitSeconds = 60;
/** Below this, the growth says nothing: what is measured is the start of the program. */
const leastMs = 150;

const chosen = process.argv[2] === undefined || process.argv[2] === '' ? null : process.argv[2].split(',');
const part = process.argv[3] ?? '';
const sizes = (process.argv[4] ?? '64,256,1024').split(',').map(Number);
const programs = bundled(['bench/support/hostile-one.ts']);

interface Read {
  readonly cpuMs: number;
  readonly told: string;
}

function read(layout: string, shape: string, size: number): Read {
  const script = `ulimit -t ${limitSeconds}; exec "$@"`;
  const command = [process.execPath, programs.file('hostile-one'), layout, shape, String(size)];
  const { status, stdout } = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Read;
  return { cpuMs: Number.POSITIVE_INFINITY, told: `no end within ${limitSeconds} s, or an error` };
}

let over = 0;
for (const [name, layout] of Object.entries(layouts)) {
  if (chosen !== null && !chosen.includes(name)) continue;
  for (const shape of Object.keys(shapes[layout.language])) {
    if (!shape.includes(part)) continue;
    const all = sizes.map((size) => ({ size, ...read(name, shape, size) }));
    const growths = all.slice(1).map(({ size, cpuMs }, index) => {
      const before = all[index] ?? { size, cpuMs };
      return (cpuMs / Math.max(leastMs, before.cpuMs)) ** (Math.log(4) / Math.log(size / before.size));
    });
    const isOver = all.some(({ cpuMs }) => cpuMs > maxMs) || growths.some((growth) => growth > maxGrowth);
    if (isOver) over++;
    const times = all.map(({ cpuMs }) => `${cpuMs.toFixed(0)} ms`.padStart(10)).join('');
    const ratios = growths.map((growth) => `x${growth.toFixed(1)}`.padStart(7)).join('');
    process.stdout.write(
      `${`${name}: ${shape}`.padEnd(48)}${times}${ratios}  ${all.at(-1)?.told ?? ''}${isOver ? '  OVER' : ''}\n`,
    );
  }
}
programs.remove();
process.stdout.write(`${over} over the bar\n`);
process.exitCode = over > 0 ? 1 : 0;
