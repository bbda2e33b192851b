import { Command } from 'commander';
import type { ResultOf } from '../../../engine/verbs/verbs.ts';
import { shownPath } from '../../../util/files/here.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder, withSpecs } from '../../folder.ts';
import { print, printJson } from '../../output.ts';
import { type AddingOptions, moreOf, tellAccepted, withMore } from '../start/add.ts';

interface Options extends FolderOptions {
  readonly json?: true;
}

export function inboxCommand(): Command {
  const command = withFolder(
    new Command('inbox')
      .summary('list and decide on proposals of agents')
      .description(
        'Lists the work that agents propose, and the TODO and FIXME comments that landed units added. Nothing of it runs before you accept it.',
      ),
  )
    .option('--json', 'print them as JSON')
    .enablePositionalOptions() // options after a subcommand belong to it
    .action(async (named: string | undefined, options: Options) => {
      const { proposals } = await answer('inbox', { folder: specsFolder(options, named) });
      if (options.json) return printJson('inbox', { proposals });
      if (proposals.length === 0) return print('No proposals.');
      print(proposals.map(shown).join('\n\n'));
      print('\nDecide: backlog inbox accept <id>, reject <id>, merge <id> --into <unit>');
    });
  const all = <T extends Options>(it: Command): T => it.optsWithGlobals<T>();
  const sub = (name: string, summary: string, argument: string): Command =>
    withSpecs(
      command
        .command(name)
        .summary(summary)
        .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
        .argument(argument, 'its id, as "backlog inbox" shows it, or a beginning of it'),
    ).option('--json', 'print the result as JSON');

  withMore(sub('accept', 'add a proposal to the specs; commands that it names are only shown', '<proposal>')).action(
    async (proposal: string, _options: Options, it: Command) => {
      const options = all<AddingOptions>(it);
      tellAccepted(await answer('accept', { ...moreOf(options), folder: specsFolder(options), proposal }), options);
    },
  );

  sub('reject', 'reject proposals; they do not come back', '<proposals...>')
    .option('-m, --message <text>', 'why')
    .action(async (proposals: readonly string[], _options: Options, it: Command) => {
      const options = all<Options & { readonly message?: string }>(it);
      const { message = '' } = options;
      const declined = await answer('decline', { folder: specsFolder(options), proposals, message });
      if (options.json) return printJson('declined', { proposals: declined.proposals });
      for (const { key, title } of declined.proposals) print(`rejected ${key}: ${printableLine(title, 80)}`);
    });

  sub('merge', 'add the criteria of a proposal to a unit, or to another proposal', '<proposal>')
    .requiredOption('--into <unit>', 'the unit or proposal that gets them')
    .action(async (proposal: string, _options: Options, it: Command) => {
      const options = all<Options & { readonly into: string }>(it);
      const folded = await answer('fold', { folder: specsFolder(options), proposal, into: options.into });
      if (options.json) return printJson('folded', folded);
      const where = folded.file === null ? '' : ` in ${shownPath(folded.file)}`;
      print(`merged ${folded.proposal} into ${folded.into}${where}`);
    });
  return command;
}

function shown({ key, title, why, criteria, like }: ResultOf<'inbox'>['proposals'][number]): string {
  return [
    `${key}  ${printableLine(title, 200)}`,
    ...(why === null ? [] : [`  ${printableLine(why, 200)}`]),
    ...criteria.map((text) => `  - ${printableLine(text, 500)}`),
    ...(like === null ? [] : [`  seems to ask for the same as ${like}`]),
  ].join('\n');
}
