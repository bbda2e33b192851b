import type { UnitId } from '../../model/ids.ts';
import type { Turn } from '../../util/process/turn.ts';
import { onAborted } from '../../util/time/aborted.ts';
import type { CommandEvidence } from '../../verify/judge-context.ts';
import { Interrupted } from '../context/interrupted.ts';

/** A run of a check, for all that wait for its result. */
export interface Shared<T = CommandEvidence> {
  readonly ended: Promise<T>;
  readonly needed: AbortController;
  readonly stop: AbortController;
  /** Those that wait for its result; without any, it ends. */
  users: number;
  /** Of the run, and units that wait for it beside the one that began it. */
  readonly number: number;
  readonly also: Set<UnitId>;
}

/** Waits in a turn of one's own for a run that is shared under `key`. Throws an `Interrupted` if that stops the wait. */
export async function waited<T>(
  all: Map<string, Shared<T>>,
  key: string,
  shared: Shared<T>,
  { needed, stop }: Turn,
): Promise<T> {
  const left = Promise.withResolvers<never>();
  shared.users++;
  const ends = [
    onAborted(needed, () => shared.needed.abort()),
    onAborted(stop, () => {
      if (--shared.users > 0) return left.reject(new Interrupted({ kind: 'stopped' }));
      forget(all, key, shared); // nobody joins what is about to end
      shared.stop.abort();
    }),
  ];
  try {
    return await Promise.race([shared.ended, left.promise]);
  } finally {
    for (const end of ends) end();
  }
}

export function forget<T>(all: Map<string, Shared<T>>, key: string, shared: Shared<T>): void {
  if (all.get(key) === shared) all.delete(key);
}
