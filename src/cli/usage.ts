import { type Command, CommanderError } from 'commander';
import { didYouMean } from '../util/text/suggest.ts';
import { inputError } from '../model/diagnostic.ts';

/** Converts a usage error to an `InputError`; requested help stays unchanged. */
export function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0 || error.code === 'commander.help') return error;
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const code = error.code.replace('commander.', '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return badUsage(code, what, command, suggestion?.replace(/^\(|\)$/g, '') ?? choiceLike(what, command));
}

/** A word that may be taken for one that an argument can be; undefined for none. */
function choiceLike(what: string, command: Command): string | undefined {
  const given = /^command-argument value '([^']*)' is invalid/.exec(what)?.[1];
  if (given === undefined) return undefined;
  return didYouMean(
    given,
    command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
  );
}

/** An error in the command line. The default hint names the help of the command. */
export function badUsage(code: string, what: string, command: Command, hint?: string): Error {
  return inputError(code, what, hint ?? `See "${pathOf(command)} --help".`);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
