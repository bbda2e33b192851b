import PQueue from 'p-queue';

type Step = 'waits' | 'holds' | 'left';

/**
 * Lets one landing at a time through. A unit judges its candidate before it enters; only if the tip has moved meanwhile does
 * it judge again inside, so that no unit is overtaken forever.
 */
export class MergeQueue {
  readonly #queue = new PQueue({ concurrency: 1 });

  /** Runs `action` when all earlier landings have finished, and reports each step. */
  async run<T>(action: () => Promise<T>, tell: (step: Step) => void): Promise<T> {
    if (this.#queue.pending + this.#queue.size > 0) tell('waits');
    return this.#queue.add(async () => {
      try {
        tell('holds');
        return await action();
      } finally {
        tell('left');
      }
    });
  }
}
