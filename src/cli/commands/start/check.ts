import { Command } from 'commander';
import { formatDiagnostic } from '../../../model/diagnostic.ts';
import { exitCodes } from '../../../model/exit-code.ts';
import { plural } from '../../../util/text/plural.ts';
import { answer } from '../../answer.ts';
import { type FormatOptions, sayWhatIsRead, specsFolder, withFolder, withFormat } from '../../folder.ts';
import { print, printJson } from '../../output.ts';

export function checkCommand(): Command {
  return withFormat(
    withFolder(
      new Command('check')
        .summary('validate the configuration and the specs')
        .description(
          'Validates the configuration and the specs as a run would, and prints every problem with file, line and column. Runs nothing.',
        ),
    ),
  )
    .option('--json', 'print the diagnostics as JSON')
    .action(async (named: string | undefined, options: FormatOptions & { readonly json?: true }) => {
      const folder = specsFolder(options, named);
      sayWhatIsRead(folder);
      const result = await answer('check', { folder });
      const errors = result.diagnostics.filter((d) => d.severity === 'error').length;
      if (errors > 0) process.exitCode = exitCodes['bad-input'];
      if (options.json) return printJson('check', result);
      for (const diagnostic of result.diagnostics) print(`${formatDiagnostic(diagnostic)}\n`);
      const problems = result.diagnostics.length === 0 ? 'no problem' : plural(result.diagnostics.length, 'problem');
      const { runnable, units, files } = result;
      print(`${problems}: ${runnable} of ${plural(units, 'unit')} in ${plural(files, 'file')} can run`);
    });
}
