import type { Parallelism } from '../../../model/parallelism.ts';
import { Command, Option } from 'commander';
import { notWorkLine } from '../../../engine/project/not-work.ts';
import type { RunResult } from '../../../engine/verbs/running/run-result.ts';
import type { MeanwhileOf } from '../../../engine/verbs/verbs.ts';
import { answer } from '../../answer.ts';
import {
  type Again,
  type FormatOptions,
  sayWhatIsRead,
  type SpecsChoice,
  specsFolder,
  typedFor,
  withFolder,
  withFormat,
  workInput,
} from '../../folder.ts';
import { shownPath } from '../../../util/files/here.ts';
import {
  digests,
  dollars,
  durationOption,
  parallelismOption,
  selectionOf,
  type SelectOptions,
  untilOption,
  wholeNumber,
  withSelection,
} from '../../options.ts';
import { leftLines } from '../../left.ts';
import { exitCodeLines } from '../../../model/exit-code.ts';
import { formatDiagnostic } from '../../format-diagnostic.ts';
import { printPushed, push, type PushOptions, withPush } from '../decide/push.ts';
import { lookOf, print, printAside, printDocument, printJson, printLine } from '../../output.ts';
import { showPlan } from './plan.ts';
import { Signals } from '../../signals.ts';

/** Options of `backlog run`, and of commands that run units. */
export interface RunOptions extends SelectOptions, FormatOptions, PushOptions {
  readonly agent?: string;
  readonly maxAgents?: number;
  readonly barrier?: true;
  readonly parallelism?: Parallelism;
  readonly review?: true;
  readonly budget?: number;
  readonly unmetered?: true;
  readonly maxUnits?: number;
  readonly maxTime?: number;
  readonly until?: number;
  readonly failFast?: true;
  readonly includeProposals?: true;
  /** The former name of `includeProposals`. */
  readonly includeFollowups?: true;
  readonly dryRun?: true;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly strict?: true;
  readonly record?: string;
  readonly push?: true;
  readonly yes?: true;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly json?: true;
}

export function runCommand(): Command {
  return withPush(withFormat(withSelection(withFolder(new Command('run')))))
    .summary('run the queue')
    .description(
      'Reads every spec and followup in a folder, runs agents in parallel on the units that are not done, verifies each unit against its own criteria, lands what passes on a branch, and writes a report. Run it again to resume.',
    )
    .option('--agent <name>', 'agent for every role that does not name its own (default: from the configuration)')
    .option('--into <branch>', 'branch to land on (default: from the configuration, else backlog/next)')
    .option(
      '--max-agents <n>',
      'units that run in parallel (default: from the configuration, else 10)',
      wholeNumber('--max-agents'),
    )
    .option('--barrier', 'wait for a whole wave before starting the next')
    .addOption(parallelismOption())
    .option('--max-units <n>', 'start at most this many units', wholeNumber('--max-units'))
    .option(
      '--max-time <duration>',
      'stop after this time ("90m"); units that are verified by then have landed',
      durationOption('--max-time'),
    )
    .option('--until <time>', 'stop at this time: "06:30", or a date with a time', untilOption('--until'))
    .option('--fail-fast', 'start nothing new after a unit has failed')
    .option('--keep-going', 'run what does not depend on a failed unit (the default)')
    .option('--include-proposals', 'also run units that agents proposed')
    .addOption(new Option('--include-followups', 'the former name').hideHelp())
    .option('--dry-run', 'show the plan; start nothing')
    .option('--review', 'verified units wait for your approval ("backlog review") before they land')
    .option('--budget <usd>', 'the most that the run may spend, in dollars', dollars('--budget'))
    .option('--unmetered', 'allow agents of unknown cost under a budget; their cost is not counted')
    .option('--allow-unsandboxed', 'run agents and checks unsandboxed, as your user')
    .addOption(digests('consent to what the configuration asks for, if its digest is this; see "backlog trust"'))
    .option('--strict', 'stop if any spec has an error (exit 2)')
    .option('--record <dir>', 'record model output for the replay agent')
    .option('--push', 'at the end, push what landed; see "backlog push"')
    .option('--pr', 'and open a pull request, or update the open one')
    .option('-y, --yes', 'do not ask for confirmation of the cost')
    .option('-v, --verbose', 'show what agents say and do')
    .option('-q, --quiet', 'print no progress')
    .option('--json', 'print the report as JSON on standard output')
    .addHelpText(
      'after',
      `\nYour working tree, index and current branch are never touched.\n\nExit codes:\n${exitCodeLines().join('\n')}`,
    )
    .action(async (named: string | undefined, options: RunOptions) => {
      const folder = specsFolder(options, named);
      if (options.quiet !== true) sayWhatIsRead(folder);
      if (options.dryRun) await showPlan(folder, options);
      else {
        const result = await drain(folder, options);
        await tell(folder, result, options.json === true, options);
        process.exitCode = result.exitCode;
        const isStopped = ['declined', 'interrupted', 'terminated'].includes(result.outcome);
        if ((options.push === true || options.pr === true) && !isStopped)
          printPushed(await push(folder, options), options.json === true ? printAside : print);
      }
    });
}

/** Runs units, and shows progress on standard error. */
export async function drain(folder: SpecsChoice, options: RunOptions): Promise<RunResult> {
  const input = {
    folder,
    agent: options.agent ?? null,
    maxAgents: options.maxAgents ?? null,
    barrier: options.barrier === true,
    parallelism: options.parallelism ?? null,
    isHeld: options.review === true,
    budgetUsd: options.budget ?? null,
    ...workInput(options),
    isStrict: options.strict === true,
    record: options.record ?? null,
    isUnmetered: options.unmetered === true,
    selection: selectionOf(options),
    maxUnits: options.maxUnits ?? null,
    maxTimeMs: earlier(options.maxTime, options.until),
    isFailFast: options.failFast === true,
    withFollowups: options.includeProposals === true || options.includeFollowups === true,
  };
  return withProgress(folder, options, async (talk) => answer('run', input, talk));
}

/** Does what takes a run, shows its progress on standard error, and asks there. `hide` ends the view of a run that has ended. */
export async function withProgress<T>(
  folder: SpecsChoice,
  options: Pick<RunOptions, 'verbose' | 'quiet' | 'yes'> & Again,
  work: (talk: MeanwhileOf<'run'>, hide: () => void) => Promise<T>,
): Promise<T> {
  const [{ ProgressDisplay }, { actsOn }] = await Promise.all([
    import('../../progress.ts'),
    import('../../live/acts.ts'),
  ]);
  const signals = new Signals('run');
  const acts = actsOn(folder, { quit: () => signals.interrupt(), drain: () => signals.drain() });
  const progress = new ProgressDisplay(acts, { isVerbose: options.verbose === true, isQuiet: options.quiet === true });
  try {
    return await work(
      {
        onProgress: (how) => progress.configure(how),
        onEvent: (event) => progress.show(event),
        warn: (warnings) => {
          if (options.quiet !== true) for (const warning of warnings) printAside(formatDiagnostic(warning));
        },
        agree: async (asked) => {
          const { askConsent, canAsk } = await import('../../consent.ts');
          return canAsk() && (await askConsent(asked, signals.stop));
        },
        confirm: async (estimate) =>
          options.yes === true || (await import('../../confirm.ts')).confirmCost(estimate, signals.stop),
        stop: signals.stop,
        signal: signals.kill,
        stopOutcome: () => signals.outcome,
        typed: typedFor(folder, options),
      },
      () => progress.close(),
    );
  } finally {
    progress.close();
    signals.close();
  }
}

/** Milliseconds until the earlier of two limits; null without limits. */
function earlier(maxTimeMs: number | undefined, until: number | undefined): number | null {
  const times = [...(maxTimeMs === undefined ? [] : [maxTimeMs]), ...(until === undefined ? [] : [until - Date.now()])];
  return times.length === 0 ? null : Math.max(0, Math.min(...times));
}

/** Prints the end of a run. */
export async function tell(folder: SpecsChoice, result: RunResult, isJson: boolean, again: Again): Promise<void> {
  const { report, reportFile } = result;
  const typed = typedFor(folder, again);
  const left = leftLines(result.left, typed);
  const nothing =
    result.exitCode === 0 && left.length === 0
      ? 'Nothing to do: everything in this folder is done.'
      : ['Nothing to run: the remaining units need you.', ...left].join('\n');
  if (isJson) {
    if (report) printDocument(report);
    else
      printJson('run', {
        outcome: result.outcome,
        exitCode: result.exitCode,
        isIdle: result.isIdle,
        left: result.left,
        bringHome: result.bringHome,
        ...(result.notWork.length === 0 ? {} : { notWork: result.notWork }),
      });
    if (result.isIdle) printAside(nothing);
    return;
  }
  if (!result.isIdle && !report && result.outcome !== 'declined') {
    print('Stopped before anything started. Nothing was changed.');
    return;
  }
  if (result.outcome === 'declined') {
    print('Nothing was started.');
    return;
  }
  if (!report || reportFile === null) {
    const aside = notWorkLine(result.notWork);
    for (const line of [nothing, ...(aside === null ? [] : [aside]), ...result.bringHome]) print(line);
    return;
  }
  const [{ accountLines }, { mergeIn }] = await Promise.all([
    import('../../../report/account-lines.ts'),
    import('../../../report/account.ts'),
  ]);
  const said = { command: typed.command, merge: mergeIn(result.bringHome) };
  for (const line of accountLines(report, said, lookOf(process.stdout))) printLine(line);
  print('');
  if (result.outcome === 'interrupted' || result.outcome === 'terminated')
    print('Stopped early. The next run continues from here.');
  if (result.comeBackAt !== null)
    print(`The provider accepts calls again at ${new Date(result.comeBackAt).toLocaleString()}; run again then.`);
  print(`Report: ${shownPath(reportFile)}`);
  // The last one merges, which the account tells.
  for (const line of result.bringHome.slice(0, -1)) print(line);
}
