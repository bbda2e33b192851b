/** How things are typed where a person is. */
export interface Typed {
  /** Absolute path of the folder where they are; null when it was removed. */
  readonly from: string | null;
  /** A command of ours on the same specs folder. */
  readonly command: (...words: readonly string[]) => string;
}
