import { Command } from 'commander';
import type { ResultOf } from '../../../engine/verbs/verbs.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { shownPath } from '../../../util/files/here.ts';
import { repeatable, text } from '../../options.ts';
import { print, printJson } from '../../output.ts';

interface Options extends FolderOptions {
  readonly criterion?: readonly string[];
  readonly check?: readonly string[];
  readonly dep?: readonly string[];
  readonly touches?: readonly string[];
  readonly file?: string;
  readonly proposal?: string;
  readonly json?: true;
}

export function addCommand(): Command {
  return withSpecs(new Command('add'))
    .summary('add a followup')
    .description(
      'Appends a small unit to followups.md, atomically, and validates it with the parser that "backlog run" uses. With "-" as the last argument, text from standard input goes below the title.',
    )
    .argument('[title]', 'what is to be done')
    .argument('[-]', '"-": more text comes from standard input')
    .addOption(
      repeatable(
        '-c, --criterion <text>',
        'a claim that reviewers judge',
        text('--criterion', 'a sentence that must hold'),
      ),
    )
    .addOption(repeatable('--check <command>', 'a command that must pass', text('--check', 'a command')))
    .addOption(repeatable('--dep <id>', 'a unit that must be done first', text('--dep', 'the id of a unit')))
    .addOption(repeatable('--touches <pattern>', 'paths that it will change', text('--touches', 'a path or a pattern')))
    .option('--file <file>', 'which followups.md, relative to the specs folder (default: followups.md)')
    .option('--proposal <id>', 'accept a unit that an agent proposed')
    .option('--json', 'print the result as JSON')
    .action(async (title: string | undefined, dash: string | undefined, options: Options) => {
      const folder = specsFolder(options);
      const { proposal, check: checks = [], file = 'followups.md' } = options;
      let added: ResultOf<'add'>;
      if (proposal !== undefined) {
        added = await answer('accept', { folder, file, proposal, checks });
      } else {
        const isDashTitle = title === '-';
        const input = isDashTitle || dash === '-' ? await readInput() : '';
        // "backlog add -": the first line of standard input is the title.
        const [first = '', ...rest] = input.split('\n');
        added = await answer('add', {
          ...{ folder, file, checks },
          title: isDashTitle ? first : (title ?? ''),
          body: isDashTitle ? rest.join('\n') : input,
          criteria: options.criterion ?? [],
          depends: options.dep ?? [],
          touches: options.touches ?? [],
        });
      }
      if (options.json) return printJson('added', added);
      print(`added ${added.key} in ${shownPath(added.file)}:${added.line}`);
      if (!added.isRunnable)
        print('It has no criteria, so it will not run. Add some with -c or --check, or in the file.');
    });
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
