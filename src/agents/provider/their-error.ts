import { ToldError } from '../../model/diagnostic.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { isMisuse, isNetworkError } from '../../util/network-error.ts';

/**
 * The message of an error caused by an agent's program, its host or its files: a failure of the unit, or a reason to
 * retry. Errors of the machine or the queue's file, and bugs of ours, are thrown on.
 */
export function theirError(error: unknown): string {
  const ours = notTheirs(error);
  if (ours !== null) throw ours;
  return error instanceof Error ? error.message : String(error);
}

/** The error or its cause that is no failure of a unit; null for others. */
export function notTheirs(error: unknown): Error | null {
  const chain = causesOf(error);
  const ours = chain.find((one) => one instanceof ToldError || machineTrouble(one) !== null);
  if (ours !== undefined) return ours;
  const [thrown] = chain; // an inner slip is the library's, over foreign input
  return thrown !== undefined && isBug(thrown) && !chain.some(isNetworkError) ? thrown : null;
}

/** The error and its causes, outermost first; libraries wrap errors of callbacks. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let one = error; one instanceof Error && chain.length < 10; one = one.cause) chain.push(one);
  return chain;
}

/**
 * True for errors that programs and hosts cannot cause. Network errors have a code, and a `RangeError` comes from input
 * that is too long or too deep: neither is a bug.
 */
function isBug(error: Error): boolean {
  const isSlip = error instanceof TypeError || error instanceof ReferenceError || isMisuse(error);
  // Errors of libraries are of subclasses, and quote foreign text.
  const isOurs = Object.getPrototypeOf(error) === Error.prototype;
  return isSlip || (isOurs && error.message.startsWith('Internal error: '));
}
