import { Command } from 'commander';
import { specsFolder } from '../folder.ts';
import { print, printJson } from '../output.ts';
import { wholeNumber } from './run.ts';

interface Options {
  readonly maxAgents?: number;
  readonly barrier?: true;
  readonly json?: true;
}

/** `backlog plan` */
export function planCommand(): Command {
  return new Command('plan')
    .summary('show the waves without running')
    .description(
      'Shows which units would start together and when, why each one waits, and what the run would take, by playing the scheduler forward.',
    )
    .argument('[folder]', 'the specs folder (default: the one here, or ./specs)')
    .option('--max-agents <n>', 'units at work at the same time', wholeNumber)
    .option('--barrier', 'start nothing new before a whole wave is through')
    .option('--json', 'print the plan as JSON')
    .action(async (named: string | undefined, options: Options) => {
      const [{ planRun }, { formatDuration }] = await Promise.all([
        import('../../engine/verbs/look.ts'),
        import('../../report/duration.ts'),
      ]);
      const plan = await planRun(specsFolder(named), {
        maxAgents: options.maxAgents ?? null,
        barrier: options.barrier === true,
      });
      if (options.json) return printJson('plan', plan);
      if (plan.waves.length === 0) print('Nothing would start.');
      for (const [index, wave] of plan.waves.entries()) {
        print(`wave ${index + 1}${wave.startMs === 0 ? '' : `, after about ${formatDuration(wave.startMs)}`}`);
        for (const unit of wave.units)
          print(`  ${unit.key}: ${unit.title}${unit.waitedFor === null ? '' : ` (${unit.waitedFor})`}`);
      }
      if (plan.stuck.length > 0) print('would not start');
      for (const unit of plan.stuck) print(`  ${unit.key}: ${unit.why}`);
      if (plan.waves.length === 0) return;
      const { totals } = plan;
      const basis = plan.isEstimateFromHistory ? 'going by earlier units' : 'a guess: nothing has run yet';
      print(
        `about ${formatDuration(totals.totalMs)} at ${formatDuration(plan.estimateMs)} a unit (${basis}); one at a time ${formatDuration(totals.sequentialMs)}; at most ${totals.peakParallel} at work`,
      );
    });
}
