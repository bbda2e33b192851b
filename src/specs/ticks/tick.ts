import { criteriaHash, type Draft } from '../format/draft.ts';
import { parseSpecFile } from '../formats/parse.ts';
import { decodeSource } from '../text/source.ts';

/**
 * Ticks every box of one unit. Only the characters between the brackets change; every other byte stays. Null when the
 * file does not hold this unit with these very criteria (its text is newer or older than the judged one), or when
 * nothing was left to tick.
 */
export function tickUnit(options: {
  readonly bytes: Uint8Array;
  /** Relative to the specs folder, as in the unit. */
  readonly file: string;
  readonly key: string;
  readonly criteriaHash: string;
}): Uint8Array | null {
  const source = decodeSource(options.bytes, options.file);
  if ('severity' in source) return null;
  const draft = findDraft(parseSpecFile(source).drafts, options.key, options.criteriaHash);
  if (!draft) return null;
  const offsets = draft.criteria.filter((c) => c.criterion.isTicked === false).map((c) => c.boxOffset);
  if (draft.headBox && !draft.headBox.isTicked) offsets.push(draft.headBox.offset);
  const open = offsets.filter((offset) => offset !== null).sort((a, b) => a - b);
  if (open.length === 0) return null;
  let text = '';
  let at = 0;
  for (const offset of open) {
    text += `${source.text.slice(at, offset)}x`;
    at = offset + 1;
  }
  return new TextEncoder().encode(text + source.text.slice(at));
}

/** What a version of a file says of its units. */
export interface Ticks {
  /** Whether it says that the unit is done; null when it does not hold the unit with these criteria. */
  of(unit: { readonly key: string; readonly criteriaHash: string }): boolean | null;
}

/** Reads a version of a file once for all of its units. */
export function readTicks(bytes: Uint8Array, file: string): Ticks {
  const source = decodeSource(bytes, file);
  const known = new Map<string, boolean>();
  const nameOf = (key: string, hash: string): string => `${hash} ${key.toLowerCase()}`;
  for (const draft of 'severity' in source ? [] : parseSpecFile(source).drafts) {
    const name = nameOf(draft.key, criteriaHash(draft.criteria.map(({ criterion }) => criterion)));
    if (!known.has(name)) known.set(name, isDraftTicked(draft));
  }
  return { of: (unit) => known.get(nameOf(unit.key, unit.criteriaHash)) ?? null };
}

/** A followup's own box speaks for all of it; otherwise every box must be ticked, and there must be one. */
export function isDraftTicked(draft: Draft): boolean {
  if (draft.headBox?.isTicked) return true;
  const boxes = draft.criteria.map((c) => c.criterion.isTicked).filter((ticked) => ticked !== null);
  return boxes.length > 0 && boxes.every(Boolean);
}

function findDraft(drafts: readonly Draft[], key: string, hash: string): Draft | undefined {
  return drafts.find(
    (draft) =>
      draft.key.toLowerCase() === key.toLowerCase() && criteriaHash(draft.criteria.map((c) => c.criterion)) === hash,
  );
}
