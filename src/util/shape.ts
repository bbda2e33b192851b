/*
 * What a value that was read again has to look like, for values of our own that somebody may have changed: `record` takes
 * each field of the type, so that a new field does not compile without its own.
 *
 * Rows are read by the thousand and by quick commands, which `zod` would keep waiting for as long as they take otherwise:
 * it is for what others wrote, and says what is wrong with it; here a yes or no is enough.
 */

/** True for values of one type. */
export type Guard<T> = (value: unknown) => value is T;

export const isText = <T extends string>(value: unknown): value is T => typeof value === 'string';
export const isNumber = <T extends number>(value: unknown): value is T => typeof value === 'number';
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** One of some texts. */
export function oneOf<T extends string>(...texts: readonly T[]): Guard<T> {
  return (value): value is T => texts.some((text) => text === value);
}

/** That, or null. */
export function orNull<T>(is: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || is(value);
}

/** That, or left out. */
export function optional<T>(is: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || is(value);
}

/** A list of that. */
export function listOf<T>(is: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((one) => is(one));
}

/** An object with these fields at least. */
export function record<T extends object>(fields: { readonly [Name in keyof T]-?: Guard<T[Name]> }): Guard<T> {
  const all = Object.entries<(value: unknown) => boolean>(fields);
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    all.every(([name, is]) => is((value as Record<string, unknown>)[name]));
}
