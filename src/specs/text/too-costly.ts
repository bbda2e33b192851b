/** What makes a text too costly to parse: the parser needs much more time for it than its size suggests. */
export interface Costly {
  /** A noun with "too much" or "too many", or a clause: "lists and quotes are nested too deeply". */
  readonly what: string;
  readonly hint: string;
}

/** Thrown for a Markdown text whose parsing would take much longer than its size suggests. */
export class TooCostly extends Error {
  override readonly name = 'TooCostly';
  readonly costly: Costly;
  /** The text that was parsed, and the offset of the construct in it. */
  readonly text: string;
  readonly offset: number;

  constructor(costly: Costly, text: string, offset: number) {
    super(costly.what);
    this.costly = costly;
    this.text = text;
    this.offset = offset;
  }
}
