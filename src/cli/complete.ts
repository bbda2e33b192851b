import type { Command, Option } from 'commander';
import { answer } from './answer.ts';
import { specsFolder } from './folder.ts';
import { createProgram } from './program.ts';

/** What stands at a place of a command line: words of a fixed list, or names of a queue. */
type Place = { readonly words: readonly string[] } | { readonly names: 'units' | 'runs' | 'agents' } | null;

/** Arguments and values of options that are names of a queue, as the help calls them. */
const named: Readonly<Record<string, 'units' | 'runs' | 'agents'>> = {
  ...{ unit: 'units', units: 'units', id: 'units', run: 'runs' },
};
/** Options whose value is a unit, whatever it is called. */
const ofUnits = /^(?:--only|--exclude|--dep|--from|--unit)$/;

/**
 * What can stand at a place of a command line, for a shell that completes it: `words` begin with the name of the program,
 * and `at` is the place of the word that is typed. Nothing where files stand, and where nothing is known. Names that a shell
 * would have to quote are left out. It never rejects.
 */
export async function complete(words: readonly string[], at: number): Promise<string[]> {
  try {
    // bash takes `--format=md` for three words.
    const before = words.slice(1, at).filter((word) => word !== '=');
    const typed = words[at] === '=' ? '' : (words[at] ?? '');
    const all = await candidates(before, typed);
    return [...new Set(all)].filter((word) => word.startsWith(typed) && /^[\w./:@+-]+$/.test(word));
  } catch {
    return [];
  }
}

async function candidates(before: readonly string[], typed: string): Promise<readonly string[]> {
  const { command, folder, positional, last } = reading(before);
  const place = last === null ? null : await ofOption(last);
  if (last !== null) return place === null ? [] : listed(place, folder);
  if (typed.startsWith('-')) return optionsOf(command);
  const subcommands = command.commands.filter((one) => !isHidden(one)).map((one) => one.name());
  if (subcommands.length > 0 && positional === 0) return subcommands;
  const argument =
    command.registeredArguments[positional] ?? command.registeredArguments.findLast((one) => one.variadic);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices;
  const kind = command.parent?.name() === 'agents' ? 'agents' : named[argument.name()];
  return kind === undefined ? [] : listed({ names: kind }, folder);
}

function isHidden(command: Command): boolean {
  return (command as unknown as { readonly _hidden?: boolean })._hidden === true;
}

interface Read {
  readonly command: Command;
  readonly folder: { readonly specs?: string };
  /** How many arguments stand before. */
  readonly positional: number;
  /** The option whose value comes next; null if none does. */
  readonly last: Option | null;
}

/** What the words before the place say. */
function reading(before: readonly string[]): Read {
  let command = createProgram();
  let [positional, specs]: [number, string | undefined] = [0, undefined];
  let last: Option | null = null;
  for (const word of before) {
    if (last !== null) {
      if (last.long === '--specs') specs = word;
      last = null;
      continue;
    }
    const option = [...command.options, ...(command.parent?.options ?? [])].find(
      (one) => one.short === word || one.long === word,
    );
    if (option !== undefined) last = option.required || option.optional ? option : null;
    else if (!word.startsWith('-')) {
      const inner = command.commands.find((one) => one.name() === word);
      if (inner === undefined || positional > 0) positional++;
      else command = inner;
    }
  }
  return { command, folder: specs === undefined ? {} : { specs }, positional, last };
}

function optionsOf(command: Command): string[] {
  return [...command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []), '--help'];
}

async function ofOption({ long, flags, argChoices }: Option): Promise<Place> {
  if (argChoices !== undefined) return { words: argChoices };
  if (flags === '--format <format>') return { words: (await import('../report/reporters.ts')).reporters.ofAReport };
  if (flags === '--format <name>') return { words: (await import('../model/spec-format.ts')).specFormats };
  if (ofUnits.test(long ?? '')) return { names: 'units' };
  const kind = named[/<(\w+)>/.exec(flags)?.[1] ?? ''];
  return kind === undefined ? null : { names: kind };
}

async function listed(place: NonNullable<Place>, folder: { readonly specs?: string }): Promise<readonly string[]> {
  if ('words' in place) return place.words;
  return (await answer('names', { folder: specsFolder(folder) }))[place.names];
}
