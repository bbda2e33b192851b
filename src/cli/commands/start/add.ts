import { Command } from 'commander';
import type { InputOf, ResultOf } from '../../../engine/verbs/verbs.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { shownPath } from '../../../util/files/here.ts';
import { priority, repeatable, text } from '../../options.ts';
import { print, printJson } from '../../output.ts';
import { readUnitText } from '../../unit-text.ts';

/** Options of every command that adds a unit. */
export interface AddingOptions extends FolderOptions {
  readonly criterion?: readonly string[];
  readonly check?: readonly string[];
  readonly dep?: readonly string[];
  readonly touches?: readonly string[];
  readonly spec?: string;
  readonly draft?: true;
  readonly force?: true;
  readonly json?: true;
}

interface Options extends AddingOptions {
  readonly priority?: number;
  readonly from?: string;
  readonly idempotencyKey?: string;
  readonly file?: string;
  readonly proposal?: string;
}

export function addCommand(): Command {
  const command = withSpecs(new Command('add'))
    .summary('add a unit')
    .description(
      'Adds a small unit to followups.md or another file of the specs folder, atomically, and validates it with the parser that "backlog run" uses. A folder of another format gets it in that format, if it can be added to. Text comes from standard input ("-", or a pipe without a title), a file, or $EDITOR on a terminal; without a title, its first line is the title. A unit that asks for the same as an open one is refused.',
    )
    .argument('[title]', 'what is to be done')
    .argument('[-]', '"-": more text comes from standard input');
  return withMore(command)
    .option('--priority <number>', 'among equals, higher ones go first', priority('--priority'))
    .option('--file <file>', 'a file with the text')
    .option('--from <unit>', 'the unit during which it was found; this is noted, and is no dependency')
    .option(
      '--idempotency-key <key>',
      'add once, however often the same is asked with this key',
      text('--idempotency-key', 'a text that names the request'),
    )
    .option('--proposal <id>', 'accept a unit that an agent proposed; see "backlog inbox"')
    .option('--json', 'print the result as JSON')
    .action(async (title: string | undefined, dash: string | undefined, options: Options) => {
      const folder = specsFolder(options);
      const { proposal } = options;
      if (proposal !== undefined)
        return tellAccepted(await answer('accept', { ...moreOf(options), folder, proposal }), options);
      const isDashTitle = title === '-';
      const given = await readUnitText({
        ...{ title: isDashTitle ? undefined : title, isPiped: isDashTitle || dash === '-', file: options.file },
      });
      const added = await answer('add', {
        ...{ ...moreOf(options), ...given, folder },
        priority: options.priority ?? null,
        from: options.from ?? null,
        idempotencyKey: options.idempotencyKey ?? null,
      });
      if (options.json) return printJson('added', added);
      printAdded(added);
    });
}

/** Adds the options of every command that adds a unit. */
export function withMore(command: Command): Command {
  return command
    .addOption(
      repeatable(
        '-c, --criterion <text>',
        'a claim that reviewers judge',
        text('--criterion', 'a sentence that must hold'),
      ),
    )
    .addOption(
      repeatable(
        '--check <command>',
        'a command that must pass; several lines are kept as written',
        text('--check', 'a command'),
      ),
    )
    .addOption(repeatable('--dep <id>', 'a unit that must be done first', text('--dep', 'the id of a unit')))
    .addOption(repeatable('--touches <pattern>', 'paths that it will change', text('--touches', 'a path or a pattern')))
    .option(
      '--spec <file>',
      'the file to add it to, in the specs folder (default: followups.md, or one of the format that the folder has)',
    )
    .option('--draft', 'mark it as a draft, which never runs until a person removes the mark')
    .option('--force', 'add it although an open unit seems to ask for the same');
}

/** These options as input of a verb. */
export function moreOf(options: AddingOptions): Omit<InputOf<'accept'>, 'proposal' | 'folder'> {
  const { criterion = [], check = [], dep = [], touches = [], spec = null } = options;
  return {
    ...{ spec, isForced: options.force === true, isDraft: options.draft === true },
    ...{ criteria: criterion, checks: check, depends: dep, touches },
  };
}

/** Says what became of an accepted proposal. */
export function tellAccepted(accepted: ResultOf<'accept'>, { json }: Pick<AddingOptions, 'json'>): void {
  if (json) return printJson('added', accepted);
  printAdded(accepted);
  for (const command of accepted.commands)
    print(
      `Its author names a command, which is only text now: ${command}\nTo make it a check, write it into the file.`,
    );
}

/** Says what was added, and what follows. */
function printAdded(added: ResultOf<'add'>): void {
  const at = `${shownPath(added.file)}:${added.line}`;
  if (added.isAgain) return print(`${added.key} was added by the same request before, in ${at}`);
  print(`added ${added.key} in ${at}`);
  if (added.insteadOf !== null)
    print(`The format of this folder (${added.insteadOf}) cannot take it, so it is a followup.`);
  if (added.isDraft) print('It is a draft, so it will not run until a person removes the mark.');
  else if (!added.isRunnable)
    print('It has no criteria, so it will not run. Add some with -c or --check, or in the file.');
}
