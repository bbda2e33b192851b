import type { AttemptId } from '../../model/ids.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { WorkInProgress } from '../../repo/worktrees/work-in-progress.ts';
import type { SetUp } from '../boxes/set-up.ts';
import type { LookJob, LookResult } from './job.ts';

/** The workspaces of attempts, to be looked at from outside while their agents work. */
export class InProgress {
  readonly #tools: { readonly repository: Repository; readonly setUp: SetUp | null };
  readonly #begun = new Map<AttemptId, WorkInProgress>();
  readonly #atWork = new Set<AttemptId>();

  constructor(tools: { readonly repository: Repository; readonly setUp: SetUp | null }) {
    this.#tools = tools;
  }

  /** Call it with a new workspace, before its agent begins. */
  async begin(attempt: AttemptId, workspace: string, tree: string): Promise<void> {
    const { repository, setUp } = this.#tools;
    await this.end(attempt);
    const exclude = async (): Promise<readonly string[]> => (await setUp?.added(tree, [])) ?? [];
    const begun = await WorkInProgress.begin(repository, { workspace, tree, exclude });
    if (begun !== null) this.#begun.set(attempt, begun);
  }

  /** Calls `work`, during which the agent of an attempt works. */
  async during<T>(attempt: AttemptId, work: () => Promise<T>): Promise<T> {
    this.#atWork.add(attempt);
    try {
      return await work();
    } finally {
      this.#atWork.delete(attempt);
    }
  }

  /** Call it before the workspace is removed. */
  async end(attempt: AttemptId): Promise<void> {
    const begun = this.#begun.get(attempt);
    this.#begun.delete(attempt);
    await begun?.close();
  }

  async look({ attempt, files }: LookJob, stop: AbortSignal): Promise<LookResult> {
    const begun = this.#atWork.has(attempt) ? this.#begun.get(attempt) : undefined;
    if (begun === undefined) return { kind: 'unseen' };
    if (files !== null) return { kind: 'seen', files, tree: await begun.snapshot(files) };
    const changed = await begun.changed(stop);
    return changed === null ? { kind: 'unseen' } : { kind: 'seen', files: changed, tree: null };
  }
}
