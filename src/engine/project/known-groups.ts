import { ToldError } from '../../model/diagnostic.ts';
import { type Database, openForReading } from '../../queue/database.ts';
import { readParsed, writeParsed } from '../../queue/parsed.ts';
import { KnownGroups } from '../../specs/format/known.ts';
import { programDigest } from './program.ts';

/** What a queue knows of spec files. */
export interface OpenKnown {
  readonly known: KnownGroups;
  /** From here on, it is looked up in this queue. */
  readonly useQueue: (database: Database) => void;
  /** From here on, nothing is looked up. */
  readonly close: () => void;
}

/** What the queue of a state folder knows of spec files; nothing without a usable queue. Creates and writes nothing. */
export function openKnown(state: string): OpenKnown {
  let own = whereUsable(() => openForReading(state, { isAsItIs: true }));
  let used = own;
  const close = (): void => {
    own?.close();
    own = used = null;
  };
  const useQueue = (database: Database): void => {
    close();
    used = database;
  };
  return { known: knownIn((digest) => whereUsable(() => used && readParsed(used, digest))), useQueue, close };
}

/** The same for an action that stores nothing. */
export async function withKnown<T>(state: string, action: (known: KnownGroups) => Promise<T>): Promise<T> {
  const { known, close } = openKnown(state);
  try {
    return await action(known);
  } finally {
    close();
  }
}

/** Null where the queue cannot be used: every command that needs it tells why. */
function whereUsable<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ToldError)) throw error;
    return null;
  }
}

/** What an open queue knows of spec files. */
export function knownOf(database: Database): KnownGroups {
  return knownIn((digest) => readParsed(database, digest));
}

function knownIn(stored: (digest: string) => string | null): KnownGroups {
  return new KnownGroups(programDigest(), stored);
}

/** Stores in a queue what was parsed, and frees its memory. */
export function keepKnown(database: Database, known: KnownGroups): void {
  writeParsed(database, known.fresh(), known.used);
  known.forget();
}
