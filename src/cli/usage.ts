import { type Command, CommanderError } from 'commander';
import { inputError } from '../model/diagnostic.ts';

/** Converts a usage error to an `InputError`; requested help stays unchanged. */
export function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0 || error.code === 'commander.help') return error;
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const code = error.code.replace('commander.', '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return badUsage(code, what, command, suggestion?.replace(/^\(|\)$/g, ''));
}

/** An error in the command line. The default hint names the help of the command. */
export function badUsage(code: string, what: string, command: Command, hint?: string): Error {
  return inputError(code, what, hint ?? `See "${pathOf(command)} --help".`);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
