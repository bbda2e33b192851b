import { Command } from 'commander';
import { type FolderOptions, specsFolder, withSpecs } from '../folder.ts';
import { shownPath } from '../../util/here.ts';
import { print, printDocument } from '../output.ts';

/** `backlog report` */
export function reportCommand(): Command {
  return withSpecs(new Command('report'))
    .summary('show the report of a run')
    .description('Prints the report of a run, or of the latest one.')
    .argument('[run]', 'id of the run, or the start of it (see "backlog runs")')
    .option('--path', 'print only the path of the report')
    .option('--json', 'print report.json')
    .action(
      async (run: string | undefined, options: FolderOptions & { readonly path?: true; readonly json?: true }) => {
        const { showReport } = await import('../../engine/verbs/report.ts');
        const { report, file, markdown } = await showReport({ folder: specsFolder(options), run: run ?? null });
        if (options.path) print(shownPath(file));
        else if (options.json) printDocument(report);
        else print(markdown.trimEnd());
      },
    );
}
