import { Command, Option } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder } from '../../folder.ts';
import { monthOption } from '../../options.ts';
import { print, printJson, table } from '../../output.ts';
import { fromUsd, possiblyMore } from '../../../model/money.ts';
import { plural } from '../../../util/text/plural.ts';

interface Options extends FolderOptions {
  readonly run?: string;
  readonly unit?: string;
  readonly month?: string;
  readonly json?: true;
}

export function costsCommand(): Command {
  return withFolder(new Command('costs'))
    .summary('show cost and token usage, by role and unit')
    .description(
      'Shows cost and token usage of a run (default: the latest), a unit or a month: the cache hit rate, the shares of exploration, repairs and reviews, and the parallelism.',
    )
    .addOption(new Option('--run <id>', 'of this run: its id, or the start of it').conflicts(['unit', 'month']))
    .addOption(new Option('--unit <unit>', 'of this unit, in all runs').conflicts(['month']))
    .option('--month <month>', 'of this month, e.g. 2026-11, in all runs', monthOption('--month'))
    .option('--json', 'print them as JSON')
    .action(async (named: string | undefined, options: Options) => {
      const { run = null, unit = null, month = null } = options;
      const costs = await answer('costs', { folder: specsFolder(options, named), run, unit, month });
      if (options.json) return printJson('costs', costs);
      const usd = (value: number): string => `$${value.toFixed(2)}`;
      const possible = possiblyMore(fromUsd(costs.possibleUsd));
      const held = costs.heldUsd > 0 ? `, ${usd(costs.heldUsd)} reserved for reviews` : '';
      const notional = costs.notionalUsd > 0 ? `, and ${usd(costs.notionalUsd)} notional (subscription)` : '';
      const unknown = costs.unknown > 0 ? `; the cost of ${plural(costs.unknown, 'order')} is unknown` : '';
      print(
        `${costs.of}: ${usd(costs.usd)}${possible}${held}${notional} for ${plural(costs.orders, 'order')}, ${plural(costs.calls, 'call')}${unknown}`,
      );
      print(
        `  exploration ${usd(costs.orientationUsd)}, repairs ${usd(costs.repairUsd)}, reviews ${usd(costs.reviewUsd)}`,
      );
      const { input, cacheWrite, cacheRead, output } = costs.tokens;
      const share =
        costs.cacheHitShare === null
          ? ''
          : `; ${(costs.cacheHitShare * 100).toFixed(0)} % of the prompts came from the cache`;
      print(
        `  tokens: ${input} in, ${cacheWrite} written to the cache, ${cacheRead} read from it, ${output} out${share}`,
      );
      const alone = costs.peakParallel === 1 && costs.orders > 1 ? ': one at a time' : '';
      print(`  at most ${costs.peakParallel} in parallel, ${costs.averageParallel.toFixed(1)} on average${alone}`);
      for (const line of table(
        costs.byRole.map(({ role, orders, usd: cost }) => [`  ${role}`, usd(cost), plural(orders, 'order')]),
      ))
        print(line);
      if (costs.byUnit.length === 0) return;
      print('');
      const rows = costs.byUnit.map(({ key, usd: cost, criteriaMet, usdPerCriterion }) => [
        key,
        usd(cost),
        usdPerCriterion === null ? 'no criterion met' : `${criteriaMet} met, ${usd(usdPerCriterion)} each`,
      ]);
      for (const line of table(rows)) print(line);
    });
}
