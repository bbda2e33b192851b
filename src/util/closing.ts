type Close = () => void | Promise<unknown>;

/**
 * Calls `action`, and afterwards what it gave to `atEnd`, the last first, whatever became of it. Each is called even if
 * another one throws; the first error of all is thrown, the action's before those of closing.
 */
export async function closingAfter<T>(action: (atEnd: (close: Close) => void) => Promise<T>): Promise<T> {
  const opened: Close[] = [];
  const [ended] = await Promise.allSettled([(async () => action((close) => void opened.push(close)))()]);
  const errors: unknown[] = ended.status === 'rejected' ? [ended.reason] : [];
  for (const close of opened.toReversed()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return (ended as PromiseFulfilledResult<T>).value;
}
