/** What is told of a place in the train. */
type Step = 'waits' | 'holds' | 'left';

/**
 * Lets one landing at a time through. A unit judges its candidate before it takes the train; only when the tip has
 * moved meanwhile it judges again while it holds it, so that nobody can be overtaken for ever.
 */
export class Train {
  #last: Promise<void> = Promise.resolve();
  #riders = 0;

  /** Does `action` once everybody before has left, and tells where it stands. */
  async ride<T>(action: () => Promise<T>, tell: (step: Step) => void): Promise<T> {
    const before = this.#last;
    let leave = (): void => {};
    this.#last = new Promise((resolve) => {
      leave = resolve;
    });
    this.#riders++;
    try {
      if (this.#riders > 1) tell('waits');
      await before;
      tell('holds');
      return await action();
    } finally {
      this.#riders--;
      void before.then(leave); // whoever is next goes after this turn, and never beside those before
      tell('left');
    }
  }
}
