import { inputError } from '../model/diagnostic.ts';

/** What ends a run when the machine gets in the way: not a bug, and nothing that is recorded is lost. */
export function machineError(why: string): Error {
  return inputError(
    'machine',
    `the run cannot go on: ${why}`,
    'Put that right and run again: it goes on where it stopped. "backlog status" and "backlog report" still read.',
  );
}
