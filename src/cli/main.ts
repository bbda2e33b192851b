import { CommanderError } from 'commander';
import { Interrupted } from '../engine/context/interrupted.ts';
import { inWords, orDamage } from '../engine/context/machine.ts';
import { inputError, ToldError } from '../model/diagnostic.ts';
import { formatDiagnostic } from './format-diagnostic.ts';
import { exitCodes } from '../model/exit-code.ts';
import type { JsonOutputs } from './json-outputs.ts';
import { lostOutput, print, printAside, printJson, watchOutput } from './output.ts';
import { createProgram } from './program.ts';
import { Signals } from './signals.ts';

/** Runs one command line; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput();
  // Also catches unhandled rejections.
  process.once('uncaughtException', (error) => {
    printBug(error);
    process.exit(exitCodes.bug); // pending work may never end
  });
  const code = await codeOf(argv);
  const lost = await lostOutput();
  if (lost === null || code === exitCodes.bug) return code;
  const hint = 'Fix that, and run the command again. Recorded work is kept: "backlog report" shows the last run.';
  for (const diagnostic of inputError('machine', lost, hint).diagnostics) printAside(formatDiagnostic(diagnostic));
  return exitCodes['bad-input'];
}

/** Runs the command, and prints every error that it throws. Returns the exit code. */
async function codeOf(argv: readonly string[]): Promise<number> {
  if (argv[0] === '__complete') return completed(argv.slice(1));
  const program = createProgram();
  const isJson = argv.includes('--json');
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (caught) {
    const told = inWords(caught);
    const error = told === caught ? await lookedInto(caught) : told;
    if (error instanceof Interrupted && error.reason.kind === 'stopped') {
      printAside('Stopped. Nothing was changed.');
      return Number(process.exitCode ?? exitCodes.interrupted);
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes['bad-input'];
    if (error instanceof ToldError) {
      if (isJson) printJson('error', asError(error));
      for (const diagnostic of error.diagnostics) printAside(formatDiagnostic(diagnostic));
      return exitCodes['bad-input'];
    }
    printBug(error);
    return exitCodes.bug;
  }
}

/** Prints what can stand at a place of a command line, for a shell: its number, then all words. */
async function completed([at = '', ...words]: readonly string[]): Promise<number> {
  const { complete } = await import('./complete.ts');
  for (const word of await complete(words, Number(at))) print(word);
  return 0;
}

/** The error, or the damage to the repository or queue that caused it. Signals stop the search. */
async function lookedInto(caught: unknown): Promise<unknown> {
  const signals = new Signals('command');
  try {
    return await orDamage(caught, { env: process.env, notice: printAside }, signals.kill);
  } finally {
    signals.close();
  }
}

/** An error as JSON: the first one like a refusal, and all diagnostics. */
function asError({ diagnostics }: ToldError): JsonOutputs['error'] {
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  const { code = 'error', message = '', hint = null } = first ?? {};
  return { isTaken: false, code, message, hint, diagnostics };
}

function printBug(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printAside(
    `Internal error: this is a bug in backlog. Recorded work is not lost; "backlog run" continues it.\n${text}`,
  );
}

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));
