import { lineCounts } from '../src/repo/objects/diff.ts';
// Git processes and time of a candidate that merges cleanly, and of landing it.
// node bench/landing.ts [files] [runs]
import { mergeTrees } from '../src/repo/objects/merge.ts';
import { makeCandidate } from '../src/repo/worktrees/candidate.ts';
import { gitMeter } from '../src/repo/git/git.ts';
import { moveBranch } from '../src/repo/refs/branch.ts';
import { makeLandingCommit, recordOf } from '../src/repo/landings/land.ts';
import { moveRecorded } from '../src/repo/landings/landings.ts';
import { commitTree, editTree, readFile, writeBlob } from '../src/repo/objects/tree.ts';
import { median } from './support/measure.ts';
import { makeRepository } from './support/repository.ts';

const files = Number(process.argv[2] ?? 1000);
const runs = Number(process.argv[3] ?? 15);
const { repository, tree, remove } = await makeRepository(files);
const measure = async <T>(action: () => Promise<T>): Promise<{ value: T; ms: number; processes: number }> => {
  const [start, before] = [performance.now(), gitMeter.processes];
  const value = await action();
  return { value, ms: performance.now() - start, processes: gitMeter.processes - before };
};
try {
  let tip = repository.head;
  await moveBranch(repository, 'bench', tip, null);
  const candidates: { ms: number; processes: number }[] = [];
  const landings: { ms: number; processes: number }[] = [];
  for (let run = 0; run < runs; run++) {
    // Work on the first commit, so that there is something to merge from the second run on.
    const file = `d${run % 50}/new-${run}.txt`;
    const object = await writeBlob(repository, Buffer.from(`work ${run}\n`));
    const work = await editTree(repository, tree, [{ path: file, entry: { mode: '100644', object } }]);
    const commit = await commitTree(repository, { tree: work, parents: [repository.head], message: 'Work\n' });
    const spec = `d${(run + 1) % 50}/e${(run + 1) % 7}/f${run + 1}.txt`;
    const made = await measure(() =>
      makeCandidate(repository, {
        tip,
        work: { commit, tree: work, baseCommit: repository.head },
        protection: async () => Promise.resolve(() => 'open'),
        mend: () => null,
        hold: async () => () => null,
        merge: async (ours, theirs) => mergeTrees(repository, ours, theirs),
        // What ticking a box does: one file read, and written again.
        async tick(of) {
          const found = await readFile(repository, of, spec);
          if (!found) throw new Error(spec);
          const ticked = await writeBlob(repository, Buffer.concat([found.bytes, Buffer.from('[x]\n')]));
          return [{ path: spec, entry: { mode: found.entry.mode, object: ticked } }];
        },
      }),
    );
    const candidate = made.value;
    if (candidate.kind !== 'tree') throw new Error('a conflict');
    const landed = await measure(async () => {
      const trailers = { unit: 'u', run: 'r', attempt: 'u.1', criteria: 'c' };
      const next = await makeLandingCommit(repository, { tree: candidate.tree, tip, title: 'U', body: 'b', trailers });
      const record = recordOf(
        { ...trailers, commit: next, tree: candidate.tree, undone: '' },
        { what: 'landed', at: run },
      );
      if (!(await moveRecorded(repository, 'bench', next, tip, record))) throw new Error('the branch moved');
      await lineCounts(repository, candidate.tipTree, candidate.untickedTree);
      return next;
    });
    tip = landed.value;
    if (run > 0) candidates.push(made);
    landings.push(landed);
  }
  for (const [name, measured] of [
    ['candidate', candidates],
    ['landing', landings],
  ] as const) {
    const most = Math.max(...measured.map(({ processes }) => processes));
    process.stdout.write(
      `${name.padEnd(10)} ${median(measured.map(({ ms }) => ms)).toFixed(1)} ms, at most ${most} git processes\n`,
    );
  }
} finally {
  remove();
}
