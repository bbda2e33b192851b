import { InputError } from '../../model/diagnostic.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { isMisuse, isNetworkError } from '../../util/network-error.ts';

/**
 * What an error says of an agent's program, its host, or what it left behind: that is a failure of the unit, or a reason
 * to ask again. What speaks of the machine, of the queue's file, or of a bug of ours is no word about a unit: it is thrown
 * on, as it is.
 */
export function theirError(error: unknown): string {
  const ours = notTheirs(error);
  if (ours !== null) throw ours;
  return error instanceof Error ? error.message : String(error);
}

/** The error itself, or what caused it, where that is no word about a unit; else null. */
export function notTheirs(error: unknown): Error | null {
  const chain = causesOf(error);
  const ours = chain.find((one) => one instanceof InputError || machineTrouble(one) !== null);
  if (ours !== undefined) return ours;
  const [thrown] = chain; // a slip below it is a library's, over what somebody else sent
  return thrown !== undefined && isBug(thrown) && !chain.some(isNetworkError) ? thrown : null;
}

/** An error and what caused it, the outermost first. Libraries wrap what was thrown in their callbacks. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let one = error; one instanceof Error && chain.length < 10; one = one.cause) chain.push(one);
  return chain;
}

/**
 * Programs and hosts cannot throw these; what Node says of a connection has a code, and is none of them. What is too long
 * or too deep (a `RangeError`) is somebody's who sent it.
 */
function isBug(error: Error): boolean {
  const isSlip = error instanceof TypeError || error instanceof ReferenceError || isMisuse(error);
  // A plain error of ours; those of libraries and protocols are of their own kinds, and say what others wrote.
  const isOurs = Object.getPrototypeOf(error) === Error.prototype;
  return isSlip || (isOurs && error.message.startsWith('Internal error: '));
}
