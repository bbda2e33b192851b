// Making a workspace against `git worktree add`, and handing out one that was made ahead; medians of interleaved runs.
// node bench/workspace.ts [files] [runs]
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CopiedBoxes } from '../src/engine/boxes/boxes.ts';
import { Trash } from '../src/repo/worktrees/trash.ts';
import { openWorkspace } from '../src/repo/worktrees/workspace.ts';
import { createLauncher } from '../src/sandbox/launcher.ts';
import { noTier } from '../src/sandbox/none.ts';
import { median } from './support/measure.ts';
import { makeRepository, timed } from './support/repository.ts';

const files = Number(process.argv[2] ?? 20_000);
const runs = Number(process.argv[3] ?? 7);
const { folder, repository, tree, git, remove } = await makeRepository(files);
try {
  const made: number[] = [];
  const worktrees: number[] = [];
  const first = await timed(() => openWorkspace(repository, { folder: path.join(folder, 'first'), tree }));
  for (let run = 0; run < runs; run++) {
    made.push(await timed(() => openWorkspace(repository, { folder: path.join(folder, `ours-${run}`), tree })));
    worktrees.push(
      await timed(() => git('worktree', 'add', '--quiet', '--detach', path.join(folder, `theirs-${run}`))),
    );
  }
  const launcher = createLauncher({ tier: noTier, maxCommandMs: 60_000, searchPath: '/usr/bin:/bin' });
  const trash = new Trash(path.join(folder, 'trash'));
  const handed: number[] = [];
  for (let run = 0; run < runs; run++) {
    const boxes = new CopiedBoxes({
      repository,
      launcher,
      folder: path.join(folder, `ahead-${run}`),
      trash,
      setUp: null,
      ahead: 1,
      signal: new AbortController().signal,
    });
    boxes.stock(tree);
    await boxes.close();
    await delay(0);
    const home = path.join(folder, 'handed', String(run));
    mkdirSync(path.dirname(home), { recursive: true });
    const box = { workspace: path.join(home, 'ws'), scratch: path.join(home, 'scratch'), mark: `bench-${run}` };
    handed.push(await timed(() => boxes.open(box, tree)));
  }
  const [ours, theirs] = [median(made), median(worktrees)];
  process.stdout.write(
    [
      `${files} files, medians of ${runs}`,
      `git worktree add   ${theirs.toFixed(0).padStart(6)} ms`,
      `workspace made     ${ours.toFixed(0).padStart(6)} ms   ×${(ours / theirs).toFixed(2)}   (the first of a tree, with its pack: ${first.toFixed(0)} ms)`,
      `workspace handed out ${median(handed).toFixed(1).padStart(4)} ms`,
      '',
    ].join('\n'),
  );
} finally {
  remove();
}
