// How long the command line takes to start, beside an empty Node: wall time, medians of interleaved runs.
// node bench/startup.ts [runs]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { median } from './support/measure.ts';

const runs = Number(process.argv[2] ?? 15);
const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
writeFileSync(path.join(folder, 'a.md'), '# A\n\n## Acceptance criteria\n\n- [ ] x\n');

interface Side {
  readonly name: string;
  readonly args: readonly string[];
  readonly times: number[];
}

const sides: readonly Side[] = [
  { name: 'node -e 0', args: ['-e', '0'], times: [] },
  { name: 'bundle --help', args: [path.join(root, 'dist/main.js'), '--help'], times: [] },
  { name: 'sources --help', args: [path.join(root, 'src/cli/main.ts'), '--help'], times: [] },
  { name: 'bundle check', args: [path.join(root, 'dist/main.js'), 'check', folder], times: [] },
];

for (let run = 0; run < runs; run++) {
  for (const side of sides) {
    const started = process.hrtime.bigint();
    spawnSync(process.execPath, side.args, { stdio: 'ignore', cwd: folder });
    side.times.push(Number(process.hrtime.bigint() - started) / 1e6);
  }
}
rmSync(folder, { recursive: true });

const floor = median(sides[0]?.times ?? []);
for (const { name, times } of sides) {
  process.stdout.write(
    `${name.padEnd(16)} ${median(times).toFixed(0).padStart(5)} ms  ${(median(times) / floor).toFixed(2)}x\n`,
  );
}
