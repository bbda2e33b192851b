import { Command, Option } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import { shownPath } from '../../../util/files/here.ts';
import { print } from '../../output.ts';

interface Options extends FolderOptions {
  readonly path?: true;
  readonly format?: string;
  readonly json?: true;
}

export function reportCommand(): Command {
  return withSpecs(new Command('report'))
    .summary('show the report of a run')
    .description('Prints the report of a run, or of the latest one.')
    .argument('[run]', 'id of the run, or the start of it (see "backlog runs")')
    .option('--path', 'print only the path of the report')
    .addOption(new Option('--format <format>', 'print it as "md" (the default) or "json"').conflicts('json'))
    .option('--json', 'the same as --format json')
    .action(async (run: string | undefined, options: Options) => {
      const { reporters } = await import('../../../report/reporters.ts');
      const write = reporters.ofReports(options.json ? 'json' : (options.format ?? 'md'));
      const { report, file } = await answer('report', { folder: specsFolder(options), run: run ?? null });
      print(options.path ? shownPath(file) : write(report).trimEnd());
    });
}
