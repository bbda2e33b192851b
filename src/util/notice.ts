/*
 * What a person should know whatever command found it, and no result carries. The command line prints it.
 */

const listeners = new Set<(text: string) => void>();

/** Calls `listener` with every notice from now on, until the returned function is called. */
export function onNotice(listener: (text: string) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Tells the person a sentence. */
export function notice(text: string): void {
  for (const listener of listeners) listener(text);
}
