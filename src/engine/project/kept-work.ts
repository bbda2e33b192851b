import type { AttemptId } from '../../model/ids.ts';
import { readRef, writeRefs } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { troubleIn } from '../context/machine.ts';

/** Below these refs is what attempts made: by attempt, and by commit where that name is taken or blocked. */
export const workRefs = ['refs/backlog/work/', 'refs/backlog/kept/'] as const;
const [byAttempt, byCommit] = workRefs;
/** Milliseconds for which a lock on the second ref is waited for. */
const secondWaitMs = 2000;

/**
 * Keeps what an attempt made from being collected, in place of what it made in the round before. Another queue of the
 * repository, or one that is lost, can have an attempt of the same name: its work stays. Returns what is in the way of
 * every ref, in words; null when the work is kept.
 */
export async function keepWork(
  repository: Repository,
  attempt: AttemptId,
  commit: string,
  before: string | null,
): Promise<string | null> {
  const [first, second] = [byAttempt + attempt, byCommit + commit];
  const isKept = async (ref: string): Promise<boolean> => (await readRef(repository, ref)) === commit;
  if ((await isKept(first)) || (await isKept(second))) return null;
  try {
    if (await writeRefs(repository, [{ ref: first, from: before, to: commit }])) return null;
  } catch (error) {
    if (troubleIn(error) === null) throw error;
  }
  const old = before !== null && (await readRef(repository, byCommit + before)) === before ? [before] : [];
  const changes = [
    { ref: second, from: null, to: commit },
    ...old.map((one) => ({ ref: byCommit + one, from: one, to: null })),
  ];
  try {
    await writeRefs(repository, changes, secondWaitMs); // who wrote that ref meanwhile wrote the same
    return null;
  } catch (error) {
    const trouble = troubleIn(error);
    if (trouble === null) throw error;
    return trouble;
  }
}
