import { Command } from 'commander';
import { notWorkLine } from '../../../engine/project/not-work.ts';
import { listSome } from '../../../model/list-some.ts';
import { answer } from '../../answer.ts';
import {
  type FormatOptions,
  sayWhatIsRead,
  type SpecsChoice,
  specsFolder,
  typedFor,
  withFolder,
  withFormat,
} from '../../folder.ts';
import { leftLines } from '../../left.ts';
import type { Parallelism } from '../../../model/parallelism.ts';
import { parallelismOption, selectionOf, type SelectOptions, wholeNumber, withSelection } from '../../options.ts';
import { print, printJson } from '../../output.ts';
import type { Plan } from '../../../engine/verbs/running/plan.ts';
import { formatDuration } from '../../../report/duration.ts';

interface PlanOptions extends SelectOptions, FormatOptions {
  readonly agent?: string;
  readonly maxAgents?: number;
  readonly maxUnits?: number;
  readonly barrier?: true;
  readonly parallelism?: Parallelism;
  readonly json?: true;
}

/** Maximum number of printed pairs; JSON has more. */
const shownPairs = 20;

export function planCommand(): Command {
  return withFormat(withSelection(withFolder(new Command('plan'))))
    .summary('show the planned waves; run nothing')
    .description(
      'Simulates the scheduler: shows which units would start together and when, why each one waits, which must not run in parallel and why, and how long the run would take.',
    )
    .option('--agent <name>', 'the agent to estimate the cost for (default: from the configuration)')
    .option('--max-agents <n>', 'units that run in parallel', wholeNumber('--max-agents'))
    .option('--max-units <n>', 'start at most this many units', wholeNumber('--max-units'))
    .option('--barrier', 'wait for a whole wave before starting the next')
    .addOption(parallelismOption())
    .option('--json', 'print the plan as JSON')
    .action(async (named: string | undefined, options: PlanOptions) => {
      const folder = specsFolder(options, named);
      sayWhatIsRead(folder);
      await showPlan(folder, options);
    });
}

/** Simulates the scheduler, and prints the waves. */
export async function showPlan(folder: SpecsChoice, options: PlanOptions): Promise<void> {
  const { describeCost } = await import('../../../engine/crew/agent-cost.ts');
  const plan = await answer('plan', {
    folder,
    agent: options.agent ?? null,
    maxAgents: options.maxAgents ?? null,
    maxUnits: options.maxUnits ?? null,
    barrier: options.barrier === true,
    parallelism: options.parallelism ?? null,
    selection: selectionOf(options),
  });
  if (options.json) return printJson('plan', plan);
  if (plan.waves.length === 0) print('Nothing would start.');
  for (const [index, wave] of plan.waves.entries()) {
    print(`wave ${index + 1}${wave.startMs === 0 ? '' : `, after about ${formatDuration(wave.startMs)}`}`);
    for (const unit of wave.units) {
      print(`  ${unit.key}: ${unit.title}${unit.waitedFor === null ? '' : ` (${unit.waitedFor})`}`);
      if (unit.named.length > 0) print(`    names ${listSome(unit.named, 5)}`);
    }
  }
  if (plan.stuck.length > 0) print('would not start');
  for (const unit of plan.stuck) print(`  ${unit.key}: ${unit.why}`);
  for (const line of leftLines(plan.left, typedFor(folder))) print(line);
  if (plan.apart.length > 0 || plan.isApartCut) print('kept apart');
  for (const { keys, why } of plan.apart.slice(0, shownPairs)) print(`  ${keys.join(' and ')}: ${why}`);
  const more = plan.apart.length - shownPairs;
  if (more > 0) print(`  and ${more} more pairs (--json shows them)`);
  if (plan.isApartCut) print('  perhaps more: there are too many pairs to compare all of them');
  for (const line of betLines(plan.bets)) print(line);
  const aside = notWorkLine(plan.notWork);
  if (aside !== null) print(aside);
  if (plan.waves.length === 0) return;
  const { totals } = plan;
  const basis = plan.isEstimateFromHistory ? 'based on earlier units' : 'a guess: nothing has run yet';
  const cost = totals.cost === null ? '' : `; ${describeCost(totals.cost, totals.costUsd)}`;
  print(
    `about ${formatDuration(totals.totalMs)} at ${formatDuration(plan.estimateMs)} per unit (${basis}); one at a time ${formatDuration(totals.sequentialMs)}; at most ${totals.peakParallel} in parallel${cost}`,
  );
}

/** What bets save, and what earlier ones cost. */
function betLines({ made, lost, redoneShare, care, savesMs }: Plan['bets']): string[] {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const redone =
    redoneShare === null || redoneShare === 0 ? '' : `; ${percent(redoneShare)} of their cost was work done again`;
  return [
    ...(care === null ? [] : [`as with "careful": ${care}`]),
    ...(made === 0 ? [] : [`${lost} of the last ${made} landings conflicted (${percent(lost / made)})${redone}`]),
    ...(savesMs === null || savesMs === 0 ? [] : [`"careful" would take about ${formatDuration(savesMs)} longer`]),
  ];
}
