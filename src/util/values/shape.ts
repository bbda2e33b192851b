/*
 * Guards for values of our own that are read again and may have been changed by others. `record` wants a guard for each
 * field of the type, so a new field without one does not compile. In contrast to `zod`, which checks foreign data and
 * explains errors, guards only say yes or no, and cost quick commands no loading time.
 */

export type Guard<T> = (value: unknown) => value is T;

export const isText = <T extends string>(value: unknown): value is T => typeof value === 'string';
export const isNumber = <T extends number>(value: unknown): value is T => typeof value === 'number';
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

export function oneOf<T extends string>(...texts: readonly T[]): Guard<T> {
  return (value): value is T => texts.some((text) => text === value);
}

export function orNull<T>(is: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || is(value);
}

export function optional<T>(is: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || is(value);
}

export function listOf<T>(is: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((one) => is(one));
}

/** An object with at least these fields. */
export function record<T extends object>(fields: { readonly [Name in keyof T]-?: Guard<T[Name]> }): Guard<T> {
  const all = Object.entries<(value: unknown) => boolean>(fields);
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    all.every(([name, is]) => is((value as Record<string, unknown>)[name]));
}
