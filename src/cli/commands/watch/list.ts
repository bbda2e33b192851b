import { Command } from 'commander';
import { notWorkLine } from '../../../engine/project/not-work.ts';
import { unitStates, type UnitState } from '../../../model/unit.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { answer } from '../../answer.ts';
import { type FormatOptions, specsFolder, withFolder, withFormat } from '../../folder.ts';
import { oneOf, repeatable } from '../../options.ts';
import { print, printAside, printJson, table } from '../../output.ts';

interface Options extends FormatOptions {
  readonly state?: readonly UnitState[];
  readonly json?: true;
}

export function listCommand(): Command {
  return withFormat(
    withFolder(
      new Command('list')
        .summary('show all units')
        .description('Lists every unit with its state, in the order of the specs.'),
    ),
  )
    .addOption(
      repeatable('--state <state>', `only units in this state: ${unitStates.join(', ')}`, oneOf('--state', unitStates)),
    )
    .option('--json', 'print the units as JSON')
    .action(async (named: string | undefined, options: Options) => {
      const filter = { folder: specsFolder(options, named), states: options.state ?? [] };
      if (options.json) return printJson('units', await answer('list', filter));
      const { lines: rows, notWork = [] } = await answer('lines', filter);
      const aside = notWorkLine(notWork);
      if (aside !== null) printAside(aside);
      if (rows.length === 0) return print('No units.');
      const why = (row: (typeof rows)[number]): string =>
        row.why === null || row.state === 'done' ? '' : ` (${printableLine(row.why, 80)})`;
      // A pause prevents only the start of a unit.
      const stateOf = ({ state, isPaused }: (typeof rows)[number]): string =>
        isPaused && (state === 'ready' || state === 'waiting' || state === 'parked') ? 'paused' : state;
      const cells = rows.map((row) => [stateOf(row), row.key, `${printableLine(row.title, 80)}${why(row)}`]);
      print(table(cells).join('\n'));
    });
}
