import { Command } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { print, printJson } from '../../output.ts';

export function diffCommand(): Command {
  return withSpecs(
    new Command('diff')
      .summary('show what a unit changed')
      .description("Shows a unit's change as a patch: what landed, or the unfinished work that was kept.")
      .argument('<unit>', 'id or key of the unit'),
  )
    .option('--json', 'print the patch as JSON')
    .action(async (name: string, options: FolderOptions & { readonly json?: true }) => {
      const result = await answer('diff', { folder: specsFolder(options), unit: name });
      if (options.json) return printJson('diff', result);
      print(result.patch.trimEnd());
    });
}
