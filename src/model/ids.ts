/** The lower-case id of a unit, which refs, file names and commands use. See `keyProblem`. */
export type UnitId = string & { readonly __unitId: never };
/** `<unit>.<fence>`: one attempt at a unit. */
export type AttemptId = string & { readonly __attemptId: never };
/** The id of a run; see `runId`. */
export type RunId = string & { readonly __runId: never };

const idShape = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

function isUnitId(text: string): text is UnitId {
  return idShape.test(text) && !text.includes('..') && !text.endsWith('.lock');
}

/** Why an author's key is invalid; null if it is valid. Keys are validated, never rewritten. */
export function keyProblem(key: string): string | null {
  if (isUnitId(key.toLowerCase())) return null;
  return 'an id has 1 to 64 letters, digits, dots, dashes or underscores, begins and ends with a letter or digit, and has no ".." and no ".lock" ending';
}

/** Converts a key that passed `keyProblem` to an id. */
export function idFromKey(key: string): UnitId {
  const id = key.toLowerCase();
  if (!isUnitId(id)) throw new Error(`Internal error: key was not validated: ${JSON.stringify(key)}`);
  return id;
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
