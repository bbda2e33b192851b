import { Command } from 'commander';
import { formatUsd, possiblyMore } from '../../model/money.ts';
import type { Spending } from '../../queue/budget.ts';
import { specsFolder } from '../folder.ts';
import { print, printJson } from '../output.ts';

/** `backlog status` */
export function statusCommand(): Command {
  return new Command('status')
    .summary('what is going on')
    .description('Shows whether a run is at work, on what, how many units are in each state, and what needs a person.')
    .argument('[folder]', 'the specs folder (default: the one here, or ./specs)')
    .option('--json', 'print the status as JSON')
    .action(async (named: string | undefined, options: { readonly json?: true }) => {
      const [{ readStatus }, { formatDuration }] = await Promise.all([
        import('../../engine/verbs/look.ts'),
        import('../../report/duration.ts'),
      ]);
      const status = await readStatus(specsFolder(named));
      if (options.json) return printJson('status', status);
      const run = status.latestRun;
      if (status.isRunning)
        print(`A run is at work${run ? `: ${run.id}, onto ${run.branch}, ${describeSpending(status.spending)}` : ''}.`);
      else if (run) print(`No run is at work. The latest, ${run.id}, ended: ${run.outcome ?? 'it did not say how'}.`);
      else print('No run is at work, and none has been.');
      print(
        Object.entries(status.counts)
          .map(([state, count]) => `${count} ${state}`)
          .join(', ') || 'no units',
      );
      for (const unit of status.atWork) print(`  ${unit.key}: ${unit.state} for ${formatDuration(unit.forMs)}`);
      for (const unit of status.needAttention)
        print(`  ${unit.key}: ${unit.state}${unit.why === null ? '' : `: ${unit.why}`}`);
      if (status.openRequests > 0) print(`${status.openRequests} requests wait to be applied.`);
    });
}

/** `spent $1.20, possibly $0.30 more, $0.50 kept for judging`. */
function describeSpending(spending: Spending | null): string {
  const { spentMicroUsd = 0, possibleMicroUsd = 0, heldMicroUsd = 0 } = spending ?? {};
  const held = heldMicroUsd > 0 ? `, ${formatUsd(heldMicroUsd)} kept for judging` : '';
  return `spent ${formatUsd(spentMicroUsd)}${possiblyMore(possibleMicroUsd)}${held}`;
}
