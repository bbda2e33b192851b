import { Command, Option } from 'commander';
import { unitStates, type UnitState } from '../../model/unit.ts';
import { printableLine } from '../../util/terminal.ts';
import { specsFolder } from '../folder.ts';
import { print, printJson, table } from '../output.ts';

interface Options {
  readonly state?: readonly UnitState[];
  readonly json?: true;
}

/** `backlog list` */
export function listCommand(): Command {
  return new Command('list')
    .summary('show all units')
    .description('Shows every unit with its state, in the order of the specs.')
    .argument('[folder]', 'the specs folder (default: the one here, or ./specs)')
    .addOption(new Option('--state <state...>', 'only units in these states').choices(unitStates))
    .option('--json', 'print the units as JSON')
    .action(async (named: string | undefined, options: Options) => {
      const { listLines, listUnits } = await import('../../engine/verbs/list.ts');
      const folder = specsFolder(named);
      const filter = { states: options.state ?? [] };
      if (options.json) {
        const rows = await listUnits(folder, filter);
        return printJson('units', {
          units: rows.map(({ spec, ...row }) => ({
            id: spec.id,
            key: spec.key,
            title: spec.title,
            kind: spec.kind,
            file: spec.file,
            line: spec.line,
            phase: spec.phase,
            depends: spec.depends,
            ...row,
          })),
        });
      }
      const rows = await listLines(folder, filter);
      if (rows.length === 0) return print('No units.');
      const why = (row: (typeof rows)[number]): string =>
        row.why === null || row.state === 'done' ? '' : ` (${printableLine(row.why, 80)})`;
      const cells = rows.map((row) => [row.state, row.key, `${printableLine(row.title, 80)}${why(row)}`]);
      print(table(cells).join('\n'));
    });
}
