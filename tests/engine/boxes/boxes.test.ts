import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CopiedBoxes } from '../../../src/engine/boxes/boxes.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { editTree, writeBlob } from '../../../src/repo/objects/tree.ts';
import { Trash } from '../../../src/repo/worktrees/trash.ts';
import { chooseTier } from '../../../src/sandbox/choose.ts';
import { createLauncher, type Launcher } from '../../../src/sandbox/launcher.ts';
import { findToolchains } from '../../../src/sandbox/toolchains.ts';
import { TestProject } from '../../support/project.ts';

const searchPath = '/usr/bin:/bin';

async function launcherOf(tier: 'strict' | 'basic' | 'none', folder: string): Promise<Launcher> {
  const toolchains = findToolchains(searchPath, process.env);
  const common = { wanted: tier, network: 'none', memoryBytes: 2 ** 33, folder, searchPath, toolchains } as const;
  const chosen = await chooseTier({ ...common, allowUnsandboxed: tier === 'none' });
  return createLauncher({ tier: chosen.tier, maxCommandMs: 10_000, searchPath });
}

const tiers = process.getuid?.() === 0 ? (['strict', 'basic', 'none'] as const) : (['none'] as const);

test.each(tiers)(
  'a used box gets another tree in a new workspace, and keeps what lies beside it (%s)',
  async (tier) => {
    const project = TestProject.make({ 'a.txt': 'a', 'src/b.txt': 'b' });
    const repository = await openRepository({
      folder: project.root,
      stateFolder: path.join(project.outside, 'state'),
      env: process.env,
      identity: null,
    });
    for (const folder of [path.dirname(project.outside), project.outside]) chmodSync(folder, 0o711);
    const folder = path.join(project.outside, 'boxes');
    mkdirSync(folder, { mode: 0o711 });
    const launcher = await launcherOf(tier, folder);
    const boxes = new CopiedBoxes({
      ...{ repository, launcher, setUp: null, ahead: 0, signal: new AbortController().signal },
      folder: path.join(project.outside, 'ahead'),
      trash: new Trash(path.join(project.outside, 'trash')),
    });
    const box = { workspace: path.join(folder, 'at/b/ws'), scratch: path.join(folder, 'at/b/scratch'), mark: 'b' };
    const before = project.git('rev-parse', 'HEAD^{tree}');
    const elsewhere = path.join(project.outside, 'elsewhere');
    mkdirSync(elsewhere);
    const run = async (command: string): Promise<readonly [number | null, string]> => {
      const { exitCode, output } = await launcher.run(box, command, {
        timeoutMs: 10_000,
        signal: new AbortController().signal,
      });
      return [exitCode, output];
    };
    await boxes.open(box, before);
    expect(await run('echo session > "$HOME/session"; echo mine > mine.txt; rm a.txt')).toEqual([0, '']);
    rmSync(path.join(box.workspace, 'src'), { recursive: true });
    symlinkSync(elsewhere, path.join(box.workspace, 'src'));
    const object = await writeBlob(repository, Buffer.from('c'));
    const after = await editTree(repository, before, [{ path: 'src/c.txt', entry: { mode: '100644', object } }]);
    await boxes.openAnew(box, after);
    expect(
      await run('cat "$HOME/session"; echo; find . -path ./.git -prune -o -type f -print | sort; echo new > new.txt'),
    ).toEqual([0, 'session\n\n./a.txt\n./src/b.txt\n./src/c.txt\n']);
    expect([readdirSync(path.join(folder, 'at')), readdirSync(elsewhere)]).toEqual([['b'], []]);
    await boxes.discard(box, after);
    expect(existsSync(box.workspace)).toBe(false);
  },
);
