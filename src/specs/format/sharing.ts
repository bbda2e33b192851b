import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { errorAt, type Source } from '../text/source.ts';
import type { ParsedCriterion } from './criterion.ts';
import type { Draft } from './draft.ts';

/** Maximum characters that all open units of a file together get of what several of them share; as many for the others. */
const maxShared = 10_000_000;
/** What a criterion takes beside its text, in characters. */
const criterionSize = 200;

/**
 * Counts what the units of a file get of what several of them share, such as an introduction or a definition of done: each
 * gets a copy, so that a file of 1 MB could fill the memory.
 */
export class Sharing {
  #open = maxShared;
  #others = maxShared;

  /**
   * True if a unit may get something of this size; then it counts. Done and held units (`isOpen` false) take nothing from the
   * open ones, of which there are few beside a long history.
   */
  take(size: number, isOpen: boolean): boolean {
    if (size > (isOpen ? this.#open : this.#others)) return false;
    if (isOpen) this.#open -= size;
    else this.#others -= size;
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

/** What is told of a unit that does not get what it shares. */
const tooLarge = {
  code: 'shared-too-large' as const,
  message: 'what this unit shares with others is too large for a copy in each of them, so this one gets none',
  hint: 'Shorten it, let fewer units share it, or put it into a file that they name.',
};

/** The error of a unit that does not get what it shares. */
export function sharedTooLarge(
  source: Source,
  place: { readonly offset: number; readonly length: number },
): SpecDiagnostic {
  return errorAt(source, place, tooLarge);
}

/** The same for a draft. */
export function sharedTooMuch({ file, line, where }: Pick<Draft, 'file' | 'line' | 'where'>): SpecDiagnostic {
  return { severity: 'error', ...tooLarge, file, line, column: 1, ...where([]) };
}

/** The most entries of all lists of a file's open units together, and of the others: as many as 1 MB can have. */
const maxEntries = 500_000;

/** Drafts without the lists, such as dependencies, of those with which the units of a file would have too many entries. */
export function withBoundedLists(drafts: readonly Draft[]): Draft[] {
  const left = { open: maxEntries, others: maxEntries };
  return drafts.map((draft) => {
    const { keys, isDone, hold, problems } = draft;
    const of = isDone || hold !== undefined ? 'others' : 'open';
    const lists = Object.entries(keys).filter(([, value]) => Array.isArray(value));
    const count = lists.reduce((sum, [, value]) => sum + (value as readonly unknown[]).length, 0);
    if (count <= left[of]) {
      left[of] -= count;
      return draft;
    }
    const others = Object.entries(keys).filter(([, value]) => !Array.isArray(value));
    const told = isDone ? [] : [sharedTooMuch(draft)];
    return { ...draft, keys: Object.fromEntries(others), problems: [...problems, ...told] };
  });
}
