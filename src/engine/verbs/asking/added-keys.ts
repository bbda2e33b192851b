import { readConfined, writeConfined } from '../../../util/files/confined-file.ts';
import { isBoolean, isText, listOf, record } from '../../../util/values/shape.ts';

/*
 * Idempotency keys of additions, so that a request that is repeated, because its answer was lost, adds once. They are in the
 * state folder, where no clone or checkout changes them.
 */

/** What was added with a key. */
export interface AddedWith {
  readonly idempotencyKey: string;
  /** The digest of what was asked. */
  readonly digest: string;
  readonly unit: string;
  /** Relative to the specs folder. */
  readonly file: string;
  /** False from before the file is written until after: a kill between the two leaves it open. */
  readonly isWritten: boolean;
}

const name = 'added.json';
const maxBytes = 4 * 1024 * 1024;
/** The most keys that are remembered; the oldest are forgotten. */
const maxKeys = 5000;

const isAll = listOf(
  record<AddedWith>({ idempotencyKey: isText, digest: isText, unit: isText, file: isText, isWritten: isBoolean }),
);

/** What was added with a key; null if nothing was. */
export function addedWith(state: string, idempotencyKey: string): AddedWith | null {
  return readAll(state).find((one) => one.idempotencyKey === idempotencyKey) ?? null;
}

/** Remembers what is added with a key, and replaces what was. */
export function rememberAdded(state: string, added: AddedWith): void {
  const others = readAll(state).filter((one) => one.idempotencyKey !== added.idempotencyKey);
  writeConfined(state, name, `${JSON.stringify([...others, added].slice(-maxKeys))}\n`, { mode: 0o600 });
}

function readAll(state: string): readonly AddedWith[] {
  const bytes = readConfined(state, name, maxBytes);
  if (bytes === null) return [];
  try {
    const all: unknown = JSON.parse(bytes.toString('utf8'));
    return isAll(all) ? all : [];
  } catch {
    return []; // somebody else wrote it; ours is never half
  }
}
