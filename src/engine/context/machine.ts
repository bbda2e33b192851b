import { inputError, InputError } from '../../model/diagnostic.ts';
import { damageMet } from '../../repo/git/damage.ts';
import { RefsBlocked } from '../../repo/refs/refs.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { Interrupted } from './interrupted.ts';

/** What ends a run when the machine gets in the way: not a bug, and nothing that is recorded is lost. */
export function machineError(why: string): InputError {
  return inputError(
    'machine',
    `the run cannot go on: ${why}`,
    'Put that right and run again: it goes on where it stopped. "backlog status" and "backlog report" still read.',
  );
}

/** What ends any other command. */
export function machineInTheWay(why: string): InputError {
  return inputError('machine', why, 'Put that right, and run the same command again. What was recorded is kept.');
}

/** What an error says about the machine, in words; null when it is about something else. */
export function troubleIn(error: unknown): string | null {
  if (error instanceof Interrupted) return error.reason.kind === 'broken' ? error.reason.why : null;
  return error instanceof RefsBlocked ? error.message : machineTrouble(error);
}

/** Errors that no damage was found for: who throws one on lets nobody look again. */
const looked = new WeakSet<Error>();
/** The look that goes on. */
let look: Promise<InputError | null> | null = null;

/** What was thrown; where nobody has words for it and a repository that is worked on is damaged, that. */
export async function orDamage(error: unknown, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof Error) || looked.has(error)) return error;
  if (error instanceof InputError || error instanceof Interrupted || troubleIn(error) !== null) return error;
  looked.add(error);
  // What is damaged is met by many units at once.
  look ??= damageMet({ signal }).finally(() => {
    look = null;
  });
  return (await look) ?? error;
}
