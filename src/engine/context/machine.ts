import { inputError, InputError } from '../../model/diagnostic.ts';
import { damageMet } from '../../repo/git/damage.ts';
import { RefsBlocked } from '../../repo/refs/refs.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { Interrupted } from './interrupted.ts';

/** The error that ends a run if the machine fails. Records are kept. */
export function machineError(why: string): InputError {
  return inputError(
    'machine',
    `the run cannot go on: ${why}`,
    'Put that right and run again: it goes on where it stopped. "backlog status" and "backlog report" still read.',
  );
}

/** The error that ends any other command if the machine fails. */
export function machineInTheWay(why: string): InputError {
  return inputError('machine', why, 'Put that right, and run the same command again. What was recorded is kept.');
}

/** The machine's failure in an error, as text; null for other errors. */
export function troubleIn(error: unknown): string | null {
  if (error instanceof Interrupted) return error.reason.kind === 'broken' ? error.reason.why : null;
  return error instanceof RefsBlocked ? error.message : machineTrouble(error);
}

/** Errors without damage found: rethrown, they are not checked again. */
const looked = new WeakSet<Error>();
/** The check in progress. */
let look: Promise<InputError | null> | null = null;

/** The error, or the damage of a used repository if that explains it. */
export async function orDamage(error: unknown, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof Error) || looked.has(error)) return error;
  if (error instanceof InputError || error instanceof Interrupted || troubleIn(error) !== null) return error;
  looked.add(error);
  // Many units meet the same damage at once.
  look ??= damageMet({ signal }).finally(() => {
    look = null;
  });
  return (await look) ?? error;
}
