import type { AttemptId } from '../../model/ids.ts';
import { readRef, writeRefs } from '../../repo/refs/refs.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { troubleIn } from '../context/machine.ts';

/** Refs of attempts' work: by attempt, or by commit if that name is taken or blocked. */
export const workRefs = ['refs/backlog/work/', 'refs/backlog/kept/'] as const;
const [byAttempt, byCommit] = workRefs;
/** Milliseconds to wait for a lock on the second ref. */
const secondWaitMs = 2000;

/**
 * Protects an attempt's work from garbage collection, replacing that of its previous round. Work of another queue's attempt
 * of the same name is kept. Returns what blocks every ref, in words; null if the work is kept.
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
    await writeRefs(repository, changes, secondWaitMs); // another writer of that ref wrote the same commit
    return null;
  } catch (error) {
    const trouble = troubleIn(error);
    if (trouble === null) throw error;
    return trouble;
  }
}
