import { CommanderError } from 'commander';
import { Interrupted } from '../engine/context/interrupted.ts';
import { machineError, machineInTheWay, orDamage, troubleIn } from '../engine/context/machine.ts';
import { formatDiagnostic, inputError, InputError } from '../model/diagnostic.ts';
import { exitCodes } from '../model/exit-code.ts';
import { NotWritten, PathRefused } from '../util/files/confined-file.ts';
import { onNotice } from '../util/notice.ts';
import { lostOutput, printAside, printJson, watchOutput } from './output.ts';
import { createProgram } from './program.ts';
import { Signals } from './signals.ts';

/** Runs one command line; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput();
  onNotice(printAside);
  // What is thrown where nobody waits for it; promises that nobody looks at come here, too.
  process.once('uncaughtException', (error) => {
    printBug(error);
    process.exit(exitCodes.bug); // whatever waits may wait for ever
  });
  const code = await codeOf(argv);
  const lost = await lostOutput();
  if (lost === null || code === exitCodes.bug) return code;
  const hint = 'Put that right, and ask again. What was recorded is kept: "backlog report" shows what a run did.';
  for (const diagnostic of inputError('machine', lost, hint).diagnostics) printAside(formatDiagnostic(diagnostic));
  return exitCodes['bad-input'];
}

/** The only place where a thrown error meets a person. */
async function codeOf(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  const isJson = argv.includes('--json');
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (caught) {
    const told = asInputError(caught, program.args[0] === 'run');
    const error = told === caught ? await lookedInto(caught) : told;
    if (error instanceof Interrupted && error.reason.kind === 'stopped') {
      printAside('Stopped. Nothing was changed.');
      return Number(process.exitCode ?? exitCodes.interrupted);
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes['bad-input'];
    if (error instanceof InputError) {
      if (isJson) printJson('error', asError(error));
      for (const diagnostic of error.diagnostics) printAside(formatDiagnostic(diagnostic));
      return exitCodes['bad-input'];
    }
    printBug(error);
    return exitCodes.bug;
  }
}

/** What was thrown, or the damage that it comes from; signals end the look. */
async function lookedInto(caught: unknown): Promise<unknown> {
  const signals = new Signals('command');
  try {
    return await orDamage(caught, signals.kill);
  } finally {
    signals.close();
  }
}

/** An error for machines: the first one, in the words of a refusal, and all of them with their places. */
function asError({ diagnostics }: InputError): object {
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  const { code = 'error', message = '', hint = null } = first ?? {};
  return { isTaken: false, code, message, hint, diagnostics };
}

function printBug(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printAside(
    `Internal error: this is a bug in backlog. Nothing that was recorded is lost; "backlog run" goes on where it stopped.\n${text}`,
  );
}

/** What was thrown, as what it says about the input or the machine, when it says something about them. */
function asInputError(caught: unknown, isRun: boolean): unknown {
  if (caught instanceof InputError) return caught;
  if (caught instanceof PathRefused)
    return inputError('path-refused', caught.message, 'Put a plain file or folder there, or remove it.');
  const trouble = troubleIn(caught);
  if (trouble !== null) return isRun ? machineError(trouble) : machineInTheWay(trouble);
  if (caught instanceof NotWritten)
    return inputError('not-written', caught.message, 'Check who may write there, and run the same command again.');
  return pathError(caught) ?? caught;
}

/** What the system says of a path that it is no use as it is. */
const uses: Readonly<Record<string, string>> = {
  EEXIST: 'something else is there',
  ENOTDIR: 'a file stands where a folder has to be',
  EISDIR: 'it is a folder',
  ELOOP: 'links lead in a circle',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** A path of ours or of the user's that cannot be used as it is; null for any other error. */
function pathError(caught: unknown): InputError | null {
  const { code = '', path } = caught as NodeJS.ErrnoException;
  const why = uses[code];
  if (!(caught instanceof Error) || why === undefined || path === undefined) return null;
  const hint = 'Move it aside, or make it yours, and run the same command again.';
  return inputError('path-unusable', `${path} cannot be used: ${why} (${code})`, hint);
}

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));
