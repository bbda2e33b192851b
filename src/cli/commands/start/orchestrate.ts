import { confirm, isCancel } from '@clack/prompts';
import { Command } from 'commander';
import type { MeanwhileOf, ResultOf } from '../../../engine/verbs/verbs.ts';
import { plural } from '../../../util/text/plural.ts';
import { answer } from '../../answer.ts';
import { canAsk } from '../../consent.ts';
import { type SpecsChoice, specsFolder, typedFor } from '../../folder.ts';
import { wholeNumber } from '../../options.ts';
import { print, printAside, printJson } from '../../output.ts';
import { droppedLines, leadInput, type LeadOptions, tellLed, unitLines, withLead } from './draft.ts';
import { tell, withProgress } from './run.ts';

interface Options extends LeadOptions {
  readonly into?: string;
  readonly maxAgents?: number;
  readonly draft?: true;
  readonly reviewPlan?: true;
}

export function orchestrateCommand(): Command {
  return withLead(new Command('orchestrate'), 'task')
    .summary('divide a task, and run its units')
    .description(
      'A lead looks at the repository and divides the task into units with criteria, as "backlog draft" does. On a terminal you see the list, and say whether to build it. The units are written below "orchestrated", and run like all others, each judged by its own criteria; nothing else of the queue runs. A question is answered instead, and a task that is too vague comes back with up to three questions (exit 5). Budget and time are for all of it.',
    )
    .option('--into <branch>', 'branch to land on (default: from the configuration, else backlog/next)')
    .option(
      '--max-agents <n>',
      'units that run in parallel (default: from the configuration, else 10)',
      wholeNumber('--max-agents'),
    )
    .option('--draft', 'write the list as drafts, and run nothing')
    .option(
      '--review-plan',
      'ask before anything is built (the default on a terminal); without a terminal, write drafts',
    )
    .action(async (task: string, options: Options) => {
      const folder = specsFolder(options);
      const input = { ...leadInput(folder, task, options), maxAgents: options.maxAgents ?? null };
      const came = await withProgress(folder, options, async (talk, hide) =>
        answer('orchestrate', input, { ...talk, ...reviewing(options, talk, hide) }),
      );
      process.exitCode = came.exitCode;
      if (options.json) return printJson('orchestrated', came);
      await tellCame(folder, came, options);
    });
}

/** True if a person sees the list before it is built. */
function isAsked(options: Options): boolean {
  return canAsk() && options.yes !== true;
}

/** Who is asked about the list: nobody, a person, or nobody who could agree. */
function reviewing(
  options: Options,
  { stop }: MeanwhileOf<'run'>,
  hide: () => void,
): Pick<MeanwhileOf<'orchestrate'>, 'review'> {
  if (options.draft) return { review: () => Promise.resolve(false) };
  if (!isAsked(options)) return options.reviewPlan ? { review: () => Promise.resolve(false) } : {};
  return {
    review: async (units, { why, dropped }) => {
      hide();
      const shown = units.map(({ name, ...unit }) => ({ ...unit, key: name, file: null }));
      printAside([why, ...unitLines(shown), ...droppedLines(dropped), ''].join('\n'));
      const said = await confirm({
        message: `Build ${units.length === 1 ? 'this unit' : `these ${units.length} units`}? Their checks are commands that will be run.`,
        output: process.stderr,
        ...(stop ? { signal: stop } : {}),
      });
      return !isCancel(said) && said;
    },
  };
}

async function tellCame(folder: SpecsChoice, came: ResultOf<'orchestrate'>, options: Options): Promise<void> {
  if (tellLed(came)) return;
  const { units, isDraft, dropped, run, why, costUsd } = came;
  const { command } = typedFor(folder, options);
  if (run !== null && isAsked(options)) return tellRun(); // the list was shown
  print(`${plural(units.length, isDraft ? 'draft' : 'unit')}: ${why}`);
  for (const line of unitLines(units)) print(line);
  for (const line of droppedLines(dropped)) print(line);
  if (run !== null) return tellRun();
  print('');
  print(
    isDraft
      ? `Nothing was run. Remove "draft: true" from those that you want, and run: ${command('run')}`
      : `Nothing of the budget or the time is left; the units are written. Go on: ${command('run')}`,
  );

  async function tellRun(): Promise<void> {
    if (run === null) return;
    await tell(folder, run, false, options);
    if (costUsd !== null && costUsd > 0) print(`With its lead: $${costUsd.toFixed(2)}.`);
  }
}
