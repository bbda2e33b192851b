import { type Diagnostic, InputError, MachineError, ToldError } from '../../model/diagnostic.ts';
import { Interrupted, type Interruption } from '../context/interrupted.ts';
import { inWords, troubleIn } from '../context/machine.ts';

/** An error as plain data. */
export type ErrorData =
  | { readonly interruption: Interruption }
  | { readonly diagnostics: readonly Diagnostic[]; readonly isMachine: boolean }
  /** A bug. */
  | { readonly message: string; readonly stack: string };

/** Converts an error for another process. */
export function toData(error: unknown): ErrorData {
  if (error instanceof Interrupted) return { interruption: error.reason };
  const why = troubleIn(error);
  if (why !== null) return { interruption: { kind: 'broken', why } };
  const told = inWords(error);
  if (told instanceof ToldError) return { diagnostics: told.diagnostics, isMachine: told instanceof MachineError };
  const message = error instanceof Error ? error.message : String(error);
  return { message, stack: (error instanceof Error ? error.stack : undefined) ?? message };
}

/** Restores an error. */
export function fromData(data: ErrorData): Error {
  if ('interruption' in data) return new Interrupted(data.interruption);
  if ('diagnostics' in data) return new (data.isMachine ? MachineError : InputError)([...data.diagnostics]);
  const error = new Error(data.message);
  error.stack = data.stack;
  return error;
}
