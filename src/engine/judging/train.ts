import PQueue from 'p-queue';

/** What is told of a place in the train. */
type Step = 'waits' | 'holds' | 'left';

/**
 * Lets one landing at a time through. A unit judges its candidate before it takes the train; only when the tip has
 * moved meanwhile it judges again while it holds it, so that nobody can be overtaken for ever.
 */
export class Train {
  readonly #queue = new PQueue({ concurrency: 1 });

  /** Does `action` once everybody before has left, and tells where it stands. */
  async ride<T>(action: () => Promise<T>, tell: (step: Step) => void): Promise<T> {
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
