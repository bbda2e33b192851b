import type { Need } from './change-texts.ts';

/*
 * How the changes of a history are handed to those who play them: a JSON file, beside it the texts of all files by the
 * names of their objects.
 */

/** A file of a unit's change, as objects; null where there is none. */
export interface PlayedFile {
  readonly path: string;
  /** Its former path, if the change moves it. */
  readonly from: string | null;
  /** All names that it has in the history. */
  readonly names: readonly string[];
  readonly before: string | null;
  readonly after: string | null;
  readonly isExecutable: boolean;
  /** Null if nothing tells whether the change is there. */
  readonly need: Need | null;
}

export interface Plays {
  /** By the id of a unit, in the order of the history. */
  readonly units: Readonly<
    Record<string, { readonly workMs: number; readonly mergeMs: number; readonly files: readonly PlayedFile[] }>
  >;
  /** By path, the units that change it in the order of the history, with its object after each. */
  readonly versions: Readonly<Record<string, readonly { readonly unit: string; readonly object: string | null }[]>>;
}

/** The name of a text's file beside the plays. */
export const textFile = (object: string): string => `text-${object}`;

/** A note on the change, which each unit adds. It tells the unit's work from that of others which change the same lines. */
export const noteOf = (unit: string): string => `bench-notes/${unit}.txt`;
