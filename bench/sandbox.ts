// What a sandboxed command costs over a bare one: wall time of `true`, medians of interleaved runs.
// node bench/sandbox.ts [runs]
import { median } from './support/measure.ts';
import { mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chooseTier } from '../src/sandbox/choose.ts';
import { createLauncher, type Launcher } from '../src/sandbox/launcher.ts';
import { noTier } from '../src/sandbox/none.ts';
import { findToolchains } from '../src/sandbox/toolchains.ts';
import type { TierName } from '../src/sandbox/tier.ts';

const runs = Number(process.argv[2] ?? 60);
const folder = path.join(os.tmpdir(), `backlog-bench-${process.pid}`);
mkdirSync(folder, { mode: 0o711 });
const searchPath = '/usr/bin:/bin';

async function open(wanted: TierName): Promise<Launcher | null> {
  const toolchains = findToolchains(searchPath, process.env);
  const asked = {
    wanted,
    allowUnsandboxed: true,
    network: 'none' as const,
    memoryBytes: 2 ** 33,
    folder,
    searchPath,
    toolchains,
  };
  try {
    const { tier } = await chooseTier(asked);
    return createLauncher({ tier, maxCommandMs: 60_000, searchPath });
  } catch (error) {
    process.stdout.write(`${wanted}: ${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

const bare = createLauncher({ tier: noTier, maxCommandMs: 60_000, searchPath });
const sides = [{ name: 'none', launcher: bare, times: [] as number[] }];
for (const name of ['strict', 'basic'] as const) {
  const launcher = await open(name);
  if (launcher) sides.push({ name, launcher, times: [] });
}
for (const { name, launcher } of sides) {
  const home = path.join(folder, name);
  mkdirSync(path.join(home, 'ws'), { recursive: true });
  await launcher.prepare({ workspace: path.join(home, 'ws'), scratch: path.join(home, 'scratch'), mark: name });
}
for (let run = 0; run < runs; run++) {
  for (const { name, launcher, times } of sides) {
    const home = path.join(folder, name);
    const box = { workspace: path.join(home, 'ws'), scratch: path.join(home, 'scratch'), mark: name };
    const result = await launcher.run(box, 'true', { signal: new AbortController().signal });
    if (result.exitCode !== 0) throw new Error(`${name}: ${result.output}`);
    times.push(result.durationMs);
  }
}
rmSync(folder, { recursive: true });

const floor = median(sides[0]?.times ?? []);
for (const { name, times } of sides) {
  process.stdout.write(
    `${name.padEnd(8)} ${median(times).toFixed(1).padStart(6)} ms  +${(median(times) - floor).toFixed(1)} ms\n`,
  );
}
