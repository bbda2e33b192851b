/**
 * Lets one landing at a time through. A unit judges its candidate before it takes the train; only when the tip has
 * moved meanwhile it judges again while it holds it, so that nobody can be overtaken for ever.
 */
export class Train {
  #last: Promise<void> = Promise.resolve();

  async ride<T>(action: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let leave = (): void => {};
    this.#last = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    try {
      return await action();
    } finally {
      leave();
    }
  }
}
