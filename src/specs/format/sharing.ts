import type { Diagnostic } from '../../model/diagnostic.ts';
import { errorAt, type Source } from '../text/source.ts';
import type { ParsedCriterion } from './criterion.ts';

/** Maximum characters that all units of a file together get of what several of them share. */
const maxShared = 10_000_000;
/** What a criterion takes beside its text, in characters. */
const criterionSize = 200;

/**
 * Counts what the units of a file get of what several of them share, such as an introduction or a definition of done: each
 * gets a copy, so that a file of 1 MB could fill the memory.
 */
export class Sharing {
  #left = maxShared;

  /** True if a unit may get something of this size; then it counts. */
  take(size: number): boolean {
    if (size > this.#left) return false;
    this.#left -= size;
    return true;
  }
}

/** The size of texts and criteria, in characters. */
export function sharedSize(texts: readonly string[], criteria: readonly ParsedCriterion[] = []): number {
  let size = 0;
  for (const text of texts) size += text.length;
  for (const { criterion } of criteria) size += criterion.text.length + criterionSize;
  return size;
}

/** The error of a unit that does not get what it shares. */
export function sharedTooLarge(
  source: Source,
  place: { readonly offset: number; readonly length: number },
): Diagnostic {
  return errorAt(source, place, {
    code: 'shared-too-large',
    message: 'what this unit shares with others is too large for a copy in each of them, so this one gets none',
    hint: 'Shorten it, let fewer units share it, or put it into a file that they name.',
  });
}
