import { ToldError } from '../../model/diagnostic.ts';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Database, openForReading } from '../../queue/database.ts';
import { readParsed, writeParsed } from '../../queue/parsed.ts';
import { KnownGroups } from '../../specs/format/known.ts';

/** What the queue of a state folder knows of spec files, until it is closed. Nothing without a usable queue. */
export function openKnown(state: string): { readonly known: KnownGroups; readonly close: () => void } {
  let database: Database | null = null;
  try {
    database = openForReading(state, { isAsItIs: true });
  } catch (error) {
    if (!(error instanceof ToldError)) throw error; // every command that needs the queue tells it
  }
  return { known: knownIn(database), close: () => database?.close() };
}

/** What a queue knows of spec files. */
export function knownIn(database: Database | null): KnownGroups {
  return new KnownGroups(readersVersion(), (digest) => (database === null ? null : readParsed(database, digest)));
}

/** Stores in a queue what was parsed. */
export function keepKnown(database: Database, known: KnownGroups): void {
  writeParsed(database, known.fresh(), known.used);
}

/** Changes with the program: with its bundle, or with the sources of the readers. */
function readersVersion(): string {
  const sources = path.resolve(import.meta.dirname, '../../specs');
  const files = existsSync(sources)
    ? readdirSync(sources, { recursive: true, encoding: 'utf8' }).map((file) => path.join(sources, file))
    : [];
  return String(Math.max(...[import.meta.filename, ...files].map((file) => statSync(file).mtimeMs)));
}
