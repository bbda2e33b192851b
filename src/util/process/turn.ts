/** When something that may prove pointless runs, and until when. */
export interface Turn {
  /** Aborts once its result is needed. Until then it takes its turn only where nothing needed waits for it. */
  readonly needed: AbortSignal;
  /** Aborts once its result is pointless: it ends, or never starts. */
  readonly stop: AbortSignal;
}

/** The turn of what is needed, and runs to its end. */
export const atOnce: Turn = { needed: AbortSignal.abort(), stop: new AbortController().signal };
