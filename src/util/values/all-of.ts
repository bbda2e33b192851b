/** The results of all promises, in order. Rejects only once all have ended, with the first reason in their order. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(promises);
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
