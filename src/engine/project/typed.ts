/** How things are typed where a person is. */
export interface Typed {
  /** Absolute path of the folder where they are. */
  readonly from: string;
  /** A command of ours on the same specs folder. */
  readonly command: (...words: readonly string[]) => string;
}
