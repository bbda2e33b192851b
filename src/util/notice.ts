/*
 * Messages for the user that belong to no command's result. The command line prints them.
 */

const listeners = new Set<(text: string) => void>();

/** Calls `listener` with every notice until the returned function is called. */
export function onNotice(listener: (text: string) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Shows the user a sentence. */
export function notice(text: string): void {
  for (const listener of listeners) listener(text);
}
