import { createHash } from 'node:crypto';

/** The lower-case id of a unit, which refs, file names and commands use. See `keyProblem`. */
export type UnitId = string & { readonly __unitId: never };
/** `<unit>.<fence>`: one attempt at a unit. */
export type AttemptId = string & { readonly __attemptId: never };
/** The id of a run; see `runId`. */
export type RunId = string & { readonly __runId: never };

const idShape = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
const keyShape = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]{0,62}[\p{L}\p{M}\p{N}])?$/u;

function isUnitId(text: string): text is UnitId {
  return idShape.test(text) && !text.includes('..') && !text.endsWith('.lock');
}

/** Why a key that an author of a native spec chose is invalid; null if it is valid. Letters may be of any script. */
export function keyProblem(key: string): string | null {
  if (keyShape.test(key) && !key.includes('..') && !/\.lock$/i.test(key)) return null;
  return 'an id has 1 to 64 letters, digits, dots, dashes or underscores, begins and ends with a letter or digit, and has no ".." and no ".lock" ending';
}

/**
 * The id of a key: the key in lower case if that is an id, otherwise its letters and digits with a hash, so that two keys
 * never share an id unless they differ only in case.
 */
export function idFromKey(key: string): UnitId {
  const id = key.normalize('NFC').toLowerCase();
  return isUnitId(id)
    ? id
    : (`${
        foldedKey(id)
          .slice(0, 55)
          .replace(/[-._]+$/, '') || 'unit'
      }-${createHash('sha256').update(id).digest('hex').slice(0, 8)}` as UnitId);
}

/** The letters and digits of a text that an id may contain: `Über uns` becomes `uber-uns`. Empty if there are none. */
export function foldedKey(text: string): string {
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.');
  return /[a-z0-9](?:.*[a-z0-9])?/.exec(folded)?.[0] ?? '';
}

/** The id of the attempt that claimed the unit with this fence. */
export function attemptId(unit: UnitId, fence: number): AttemptId {
  return `${unit}.${fence}` as AttemptId;
}

/** Creates an id that sorts by time and is safe in file names: `20261124-131502-4f1a`. */
export function runId(now: Date, random: string): RunId {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${random}` as RunId;
}
