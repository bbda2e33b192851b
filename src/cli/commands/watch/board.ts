import { Command } from 'commander';
import { answer } from '../../answer.ts';
import { type FormatOptions, specsFolder, withFolder, withFormat } from '../../folder.ts';
import { lookOf, print, printJson, printLine } from '../../output.ts';

/** Units of a column where no terminal limits them. */
const mostInFile = 1000;

export function boardCommand(): Command {
  return withFormat(
    withFolder(
      new Command('board')
        .summary('show units by how far they are')
        .description('Shows all units in columns: planned, building, judging, those that need you, and landed.'),
    ),
  )
    .option('--json', 'print the units as JSON')
    .action(async (named: string | undefined, options: FormatOptions & { readonly json?: true }) => {
      const filter = { folder: specsFolder(options, named), states: [] };
      if (options.json) return printJson('units', await answer('list', filter));
      const { lines } = await answer('lines', filter);
      if (lines.length === 0) return print('No units.');
      const { boardLines } = await import('../../../report/board.ts');
      const most = process.stdout.isTTY ? Math.max(3, (process.stdout.rows ?? 24) - 4) : mostInFile;
      for (const line of boardLines(lines, lookOf(process.stdout), most)) printLine(line);
    });
}
