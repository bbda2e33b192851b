/** A place in a file that says whether something is done: a box, a status. */
export interface Mark {
  readonly file: string;
  /** Offsets of the characters that say it; the same where they are yet to be inserted. */
  readonly start: number;
  readonly end: number;
  readonly isDone: boolean;
  /** What stands there for "done", and for "not done". */
  readonly done: string;
  readonly open: string;
  /** What it is a mark of, in words; without ticks. */
  readonly of: string;
}

/** Characters of a file to replace. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text with some of its characters replaced; every other one stays. */
export function edited(text: string, edits: readonly Edit[]): string {
  let written = '';
  let at = 0;
  for (const { start, end, text: replaced } of edits.toSorted((a, b) => a.start - b.start)) {
    written += `${text.slice(at, start)}${replaced}`;
    at = end;
  }
  return written + text.slice(at);
}
