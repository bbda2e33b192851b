/** Maximum bytes of a message of an agent's program. */
export const maxMessageBytes = 32 * 1024 * 1024;
/** Output limit in bytes, above any honest session. */
export const maxOutputBytes = 512 * 1024 * 1024;
/** How often a missing answer is requested. */
export const nudges = 2;
/** Milliseconds between checks for silence. */
export const watchMs = 1000;
/** Milliseconds until its first output, or until its session is open. */
export const startMs = 60_000;

/** The request for a missing or invalid answer. */
export function askForAnswer(problem: string): string {
  return `${problem} When the work is done, call the tool finish of the server backlog; when it cannot be done, call its tool block with the reason.`;
}
