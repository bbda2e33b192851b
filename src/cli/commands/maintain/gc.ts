import { Command } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder } from '../../folder.ts';
import { print, printJson } from '../../output.ts';
import { plural } from '../../../util/text/plural.ts';

export function gcCommand(): Command {
  return withFolder(new Command('gc'))
    .summary('remove stale refs, caches and transcripts')
    .description(
      'Removes refs of attempts whose work landed (only if the landing is in the history of your HEAD or of the branch), installed packages over 10 GB, and transcripts of all but the last 50 runs. Every run does this at its end.',
    )
    .option('--all', 'also remove all installed packages and all transcripts')
    .option('-n, --dry-run', 'show what would be removed')
    .option('--json', 'print the result as JSON')
    .action(
      async (
        named: string | undefined,
        options: FolderOptions & { readonly all?: true; readonly dryRun?: true; readonly json?: true },
      ) => {
        const isDry = options.dryRun === true;
        const result = await answer('gc', {
          folder: specsFolder(options, named),
          isDry,
          isAll: options.all === true,
        });
        if (options.json) return printJson('gc', result);
        const removed = isDry ? 'Would remove' : 'Removed';
        const megabytes = (result.bytes / 1024 / 1024).toFixed(1);
        print(
          `${removed} ${plural(result.refs.length, 'ref')}, ${plural(result.setUps, 'set-up')} and the transcripts of ${plural(result.transcripts, 'run')} (${megabytes} MB).`,
        );
        if (result.records > 0) print(`${removed} ${plural(result.records, 'recorded step')} of old runs.`);
        if (result.keptRefs > 0)
          print(
            `${plural(result.keptRefs, 'ref')} of work that is on no branch ${result.keptRefs === 1 ? 'stays' : 'stay'}.`,
          );
      },
    );
}
