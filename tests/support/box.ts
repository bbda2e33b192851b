import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { handleOf } from '../../src/engine/boxes/handle.ts';
import type { WorkspaceHandle } from '../../src/model/agent.ts';
import { idFromKey } from '../../src/model/ids.ts';
import { chooseTier } from '../../src/sandbox/choose.ts';
import { createLauncher } from '../../src/sandbox/launcher.ts';
import { findToolchains } from '../../src/sandbox/toolchains.ts';
import { Cores } from '../../src/util/process/cores.ts';

/** A workspace in a real box of a tier. */
export interface TestBox {
  /** Holds the workspace, and what else a test needs; gone when the test is over. */
  readonly folder: string;
  readonly workspace: string;
  readonly handle: WorkspaceHandle;
  /** Command lines of what still runs of it. */
  left(): string[];
}

/** Makes a box; programs are looked up in `searchPath`. */
export async function openBox(tier: 'strict' | 'none', searchPath: string): Promise<TestBox> {
  const name = `backlog-box-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const folder = path.join(os.tmpdir(), name);
  mkdirSync(folder);
  chmodSync(folder, 0o711); // commands may run as another user, who passes through
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const chosen = await chooseTier({
    wanted: tier,
    allowUnsandboxed: tier === 'none',
    network: 'none',
    memoryBytes: 2 ** 33,
    folder,
    searchPath,
    toolchains: findToolchains(searchPath, process.env),
  });
  const launcher = createLauncher({ tier: chosen.tier, maxCommandMs: 120_000, searchPath });
  const box = { workspace: path.join(folder, 'box/ws'), scratch: path.join(folder, 'box/scratch'), mark: name };
  mkdirSync(box.workspace, { recursive: true });
  await launcher.prepare(box);
  return {
    folder,
    workspace: box.workspace,
    handle: handleOf({ launcher, cores: new Cores() }, box, idFromKey('u'), (why) => {
      throw new Error(why);
    }),
    left: () =>
      readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .flatMap((pid) => {
          try {
            const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(name);
            return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
          } catch {
            return []; // it ended meanwhile
          }
        }),
  };
}
