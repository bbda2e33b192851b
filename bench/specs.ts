// What a cold sync of spec files takes beside remark with GFM on the same files, in pairs by turns, at several sizes; what
// one changed file costs, and how many files are parsed then. And what a file of 1 MB takes, by its shape.
// node bench/specs.ts [sizes, as 100,1000,10000] [pairs]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundled, median } from './support/measure.ts';
import { costlyShapes } from './support/costly-shapes.ts';

const sizes = (process.argv[2] ?? '100,1000,10000').split(',').map(Number);
const pairs = Number(process.argv[3] ?? 5);
const root = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const programs = bundled(['bench/support/specs-ours.ts', 'bench/support/specs-bare.ts', 'bench/support/specs-one.ts']);
const env = { ...process.env, HOME: root, GIT_CONFIG_GLOBAL: '/dev/null', BACKLOG_CACHE_DIR: path.join(root, 'cache') };

interface Sync {
  readonly cpuMs: number;
  readonly parsed: number;
}
function measured<T>(program: string, ...args: readonly string[]): T {
  const result = spawnSync(process.execPath, [programs.file(program), ...args], { encoding: 'utf8', env });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as T;
}

function specOf(index: number): string {
  return [
    ...['---', `id: u${index}`, `touches: [src/d${index % 97}/f${index}.ts]`],
    ...(index % 3 === 0 || index < 10 ? [] : [`depends: [u${Math.floor(index / 2)}]`]),
    ...['---', `# Unit ${index}`, ''],
    ...['What *and* why, in `words` of [a person](https://example.org). '.repeat(8), ''],
    ...['More of it. '.repeat(20), '', '## Acceptance criteria', ''],
    ...[`- [ ] It is there — check: \`test -f src/d${index % 97}/f${index}.ts\``, '- [ ] It is right — check: `true`'],
    ...['- [ ] It says what it does', '', '## Notes', '', '- one', '- two', ''],
  ].join('\n');
}

function project(count: number): string {
  const at = path.join(root, `p${count}`);
  for (let index = 0; index < count; index++) {
    const folder = path.join(at, 'specs', `d${Math.floor(index / 100)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `u${index}.md`), specOf(index));
  }
  const git = (...args: readonly string[]): void => void spawnSync('git', args, { cwd: at, env });
  git('init', '--quiet');
  git('-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', 'add', '--all');
  git('-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', 'commit', '--quiet', '--message', 'Specs');
  return at;
}

const shown = (ms: number): string => `${ms.toFixed(0)} ms`.padStart(9);
const all = sizes.map((size) => {
  const at = project(size);
  const seen: { ours: number; bare: number; ratio: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    rmSync(path.join(at, '.git/backlog'), { recursive: true, force: true });
    const ours = measured<Sync>('specs-ours', at).cpuMs;
    const bare = measured<Sync>('specs-bare', at).cpuMs;
    seen.push({ ours, bare, ratio: ours / bare });
  }
  const again = (): Sync => measured<Sync>('specs-ours', at);
  writeFileSync(path.join(at, 'specs/d0/u7.md'), `${specOf(7)}\nMore.\n`);
  const changed = again();
  const same = again();
  const [ours, bare, ratio] = (['ours', 'bare', 'ratio'] as const).map((one) => median(seen.map((pair) => pair[one])));
  process.stdout.write(
    `${String(size).padStart(6)} files: cold sync ${shown(ours ?? 0)} CPU, remark with GFM ${shown(bare ?? 0)}, x${(ratio ?? 0).toFixed(2)}; ` +
      `one changed ${shown(changed.cpuMs)}, ${changed.parsed} parsed; the same ${shown(same.cpuMs)}, ${same.parsed} parsed\n`,
  );
  return { size, ours: ours ?? 0 };
});
const added = all.slice(1).map((one, index) => {
  const before = all[index] ?? one;
  return (one.ours - before.ours) / (one.size - before.size);
});
if (added.length > 1)
  process.stdout.write(
    `a further file costs x${((added.at(-1) ?? 0) / (added[0] ?? 1)).toFixed(2)} as much at the end\n`,
  );

process.stdout.write('\nshape                              256 KB      1 MB\n');
for (const [name] of costlyShapes) {
  const [small, large] = [256, 1000].map((size) =>
    measured<{ cpuMs: number; told: string }>('specs-one', name, String(size)),
  );
  process.stdout.write(
    `${name.padEnd(30)} ${shown(small?.cpuMs ?? 0)} ${shown(large?.cpuMs ?? 0)}  ${large?.told ?? ''}\n`,
  );
}
programs.remove();
rmSync(root, { recursive: true, force: true });
