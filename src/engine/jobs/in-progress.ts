import type { AttemptId } from '../../model/ids.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { WorkInProgress } from '../../repo/worktrees/work-in-progress.ts';
import type { Box } from '../../sandbox/launcher.ts';
import type { SetUp } from '../boxes/set-up.ts';
import type { LookJob, LookResult } from './job.ts';

/** The workspaces of agents at work, to be looked at from outside. */
export class InProgress {
  readonly #tools: { readonly repository: Repository; readonly setUp: SetUp | null };
  readonly #known = new Map<AttemptId, WorkInProgress>();

  constructor(tools: { readonly repository: Repository; readonly setUp: SetUp | null }) {
    this.#tools = tools;
  }

  /** Calls `work`, during which an agent works in a box that was made from a tree. */
  async during<T>(attempt: AttemptId, box: Box, tree: string, work: () => Promise<T>): Promise<T> {
    const { repository, setUp } = this.#tools;
    const exclude = async (): Promise<readonly string[]> => (await setUp?.added(tree, [])) ?? [];
    const known = new WorkInProgress(repository, { workspace: box.workspace, tree, exclude });
    this.#known.set(attempt, known);
    try {
      return await work();
    } finally {
      this.#known.delete(attempt);
      await known.close();
    }
  }

  async look({ attempt, files }: LookJob, stop: AbortSignal): Promise<LookResult> {
    const known = this.#known.get(attempt);
    if (known === undefined) return { kind: 'unseen' };
    if (files !== null) return { kind: 'seen', files, tree: await known.snapshot(files) };
    const changed = await known.changed(stop);
    return changed === null ? { kind: 'unseen' } : { kind: 'seen', files: changed, tree: null };
  }
}
