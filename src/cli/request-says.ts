import type { Answer } from '../engine/verbs/asking/ask.ts';

const notYet = 'The active run has not answered yet. It will apply this request.';

/** The answer to a request, as a sentence. */
export function requestSays(one: Answer): string {
  return one.kind === 'pending' ? notYet : one.kind === 'refused' ? one.message : one.says;
}
