import { inputError, type InputError, type MachineError, machineFault, ToldError } from '../../model/diagnostic.ts';
import { damageMet } from '../../repo/git/damage.ts';
import { RefsBlocked } from '../../repo/refs/refs.ts';
import { NotWritten, PathRefused } from '../../util/files/confined-file.ts';
import type { Env } from '../../util/files/home.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { own } from '../../util/values/own.ts';
import type { Asker } from './asker.ts';
import { Interrupted } from './interrupted.ts';

/** The error that ends a run if the machine fails. Records are kept. */
export function machineError(why: string): MachineError {
  return machineFault(
    'machine',
    `the run cannot continue: ${why}`,
    'Fix this and run again to resume. "backlog status" and "backlog report" still work.',
  );
}

/** The error that ends a run: one about the machine or the input in words, or a bug as it is. */
export function fatalError(error: unknown): unknown {
  return inWords(error, machineError);
}

/** The error that ends any other command if the machine fails. */
export function machineInTheWay(why: string): MachineError {
  return machineFault('machine', why, 'Fix this and run the same command again. Recorded data is kept.');
}

/** The machine's failure in an error (also a lost worker's, which no unit met), as text; null for other errors. */
export function troubleIn(error: unknown): string | null {
  if (error instanceof Interrupted) {
    const { reason } = error;
    return reason.kind === 'broken' || reason.kind === 'lost' ? reason.why : null;
  }
  return error instanceof RefsBlocked ? error.message : machineTrouble(error);
}

/** Converts an error about the input or the machine to a `ToldError`; returns any other error unchanged. */
export function inWords(caught: unknown, inTheWay: typeof machineInTheWay = machineInTheWay): unknown {
  if (caught instanceof ToldError) return caught;
  if (caught instanceof PathRefused)
    return inputError('path-refused', caught.message, 'Put a plain file or folder there, or remove it.');
  const trouble = troubleIn(caught);
  if (trouble !== null) return inTheWay(trouble);
  if (caught instanceof NotWritten)
    return inputError('not-written', caught.message, 'Check the permissions, and run the same command again.');
  return pathError(caught) ?? caught;
}

/** True for an error that neither the input nor the machine explains, nor that something was stopped. */
export function isBug(caught: unknown): boolean {
  const isStopped = caught instanceof Interrupted || (caught instanceof Error && caught.name === 'AbortError');
  return !isStopped && inWords(caught) === caught && !(caught instanceof ToldError);
}

/** Explanations of system errors about a path. */
const uses: Readonly<Record<string, string>> = {
  EEXIST: 'it already exists',
  ENOTDIR: 'a file is in the place of a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'links lead in a circle',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** Converts a system error about a path; null for any other error. */
function pathError(caught: unknown): InputError | null {
  if (!(caught instanceof Error)) return null;
  const { code = '', path } = caught as NodeJS.ErrnoException;
  const why = own(uses, code);
  if (why === undefined || path === undefined) return null;
  const hint = 'Move it, or change its owner or permissions, and run the same command again.';
  return inputError('path-unusable', `${path} cannot be used: ${why} (${code})`, hint);
}

/** Errors without damage found: rethrown, they are not checked again. */
const looked = new WeakSet<Error>();
/** The checks in progress, by the environment of the asker. */
const looks = new WeakMap<Env, Promise<InputError | null>>();

/** The error, or the damage of a repository of this asker if that explains it. */
export async function orDamage(
  error: unknown,
  { env, notice }: Pick<Asker, 'env' | 'notice'>,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof Error) || looked.has(error)) return error;
  if (error instanceof ToldError || error instanceof Interrupted || troubleIn(error) !== null) return error;
  looked.add(error);
  // Many units meet the same damage at once.
  const look =
    looks.get(env) ?? damageMet(env, { signal, ...(notice ? { notice } : {}) }).finally(() => looks.delete(env));
  looks.set(env, look);
  return (await look) ?? error;
}
