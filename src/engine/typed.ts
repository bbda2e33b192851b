/** How things are typed where a person is. */
export interface Typed {
  /** Absolute path of the folder where they are. */
  readonly from: string;
  /** A command of ours on the same specs folder. */
  readonly command: (...words: readonly string[]) => string;
}

/** One word for a shell. */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
