import { Command } from 'commander';
import type { Merged } from '../../../engine/verbs/landed/merge.ts';
import { plural } from '../../../util/text/plural.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder } from '../../folder.ts';
import { digests } from '../../options.ts';
import { print, printJson } from '../../output.ts';
import { whole } from '../../signals.ts';

interface Options extends FolderOptions {
  readonly into?: string;
  readonly trust?: readonly string[];
  readonly json?: true;
}

export function mergeCommand(): Command {
  return withFolder(
    new Command('merge')
      .summary('merge landed units into your branch')
      .description(
        'Merges the branch that runs land on into your current branch. Specs are merged by meaning: each tick stays on its own text, and your edits stay. If the specs are in a repository of their own, their ticks are merged there, too. Other files may have uncommitted changes as long as the merge does not change them. If there is a conflict, or if one of your files would be overwritten, nothing changes. Ctrl-C stops the merge before your files are written. Once writing has begun, the merge completes. No hooks run.',
      ),
  )
    .option('--into <branch>', 'the branch that runs land on (default: from the configuration, else backlog/next)')
    .addOption(digests('consent to what the configuration asks for, if its digest is this'))
    .option('--json', 'print the result as JSON')
    .action(async (named: string | undefined, options: Options) => {
      const folder = specsFolder(options, named);
      const result = await whole(async (signal) =>
        answer('merge', { folder, into: options.into ?? null, trust: options.trust ?? null }, { signal }),
      );
      if (options.json) return printJson('merge', result);
      printMerged(result, '');
      if (result.ticks) printMerged(result.ticks, `In ${result.ticks.root}, with the specs: `);
    });
}

function printMerged({ how, branch, into, to, files, kept }: Merged, where: string): void {
  if (how === 'already') return print(`${where}${into} has everything that landed on ${branch}: nothing to merge.`);
  const by = how === 'forward' ? 'moved forward to' : 'by merge commit';
  const verb = where === '' ? 'Merged' : 'merged';
  print(`${where}${verb} ${branch} into ${into}, ${by} ${to.slice(0, 10)}: ${plural(files.length, 'file')} changed.`);
  for (const file of kept) print(`Your changes in ${file} are kept, and still uncommitted.`);
}
