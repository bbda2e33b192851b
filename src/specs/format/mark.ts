/** A box or status in a file that says whether something is done. */
export interface Mark {
  readonly file: string;
  /** Offsets of its characters; equal if they are still to be inserted. */
  readonly start: number;
  readonly end: number;
  readonly isDone: boolean;
  /** The characters for "done" and for "not done". */
  readonly done: string;
  readonly open: string;
  /** The text that it marks, without ticks. */
  readonly of: string;
}

/** Characters of a file to replace. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap. Of several for one place, the last counts. */
export function edited(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  let written = '';
  let at = 0;
  const places = new Map(edits.map((edit) => [`${edit.start} ${edit.end}`, edit]));
  for (const { start, end, text: replaced } of [...places.values()].toSorted((a, b) => a.start - b.start)) {
    written += `${text.slice(at, start)}${replaced}`;
    at = end;
  }
  return written + text.slice(at);
}
