import { Command } from 'commander';
import type { ResultOf } from '../../../engine/verbs/verbs.ts';
import { exitCodeLines } from '../../../model/exit-code.ts';
import { plural } from '../../../util/text/plural.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, type SpecsChoice, specsFolder, typedFor, withSpecs, workInput } from '../../folder.ts';
import { digests, dollars, durationOption, repeatable, text } from '../../options.ts';
import { print, printAside, printJson } from '../../output.ts';
import { withProgress } from './run.ts';

/** Options of commands with a lead. */
export interface LeadOptions extends FolderOptions {
  readonly agent?: string;
  readonly plan?: readonly string[];
  readonly docs?: readonly string[];
  readonly budget?: number;
  readonly unmetered?: true;
  readonly maxTime?: number;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly yes?: true;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly json?: true;
}

export function draftCommand(): Command {
  return withLead(new Command('draft'), 'goal')
    .summary('divide a goal into draft units')
    .description(
      'A lead looks at the repository in a read-only box, and divides the goal into units with criteria, which the linter of "backlog check" has to pass. They are written as drafts into a folder of their own below "orchestrated": no run touches one before you remove its "draft: true". A question is answered instead, and a goal that is too vague comes back with up to three questions (exit 5).',
    )
    .action(async (goal: string, options: LeadOptions) => {
      const folder = specsFolder(options);
      const input = leadInput(folder, goal, options);
      const drafted = await withProgress(folder, options, async (talk) => answer('draft', input, talk));
      process.exitCode = drafted.exitCode;
      if (options.json) return printJson('drafted', drafted);
      tellDrafted(folder, drafted);
    });
}

/** Adds what every command with a lead takes. */
export function withLead(command: Command, what: string): Command {
  return withSpecs(command)
    .argument(`<${what}>`, 'what you want, in a sentence or more')
    .option('--agent <name>', 'agent for every role that does not name its own (default: from the configuration)')
    .addOption(repeatable('--plan <file>', 'a plan that the lead is to follow', text('--plan', 'the path of a file')))
    .addOption(repeatable('--docs <file>', 'a file that the lead is to read', text('--docs', 'the path of a file')))
    .option('--budget <usd>', 'the most that all of it may spend, in dollars', dollars('--budget'))
    .option('--unmetered', 'allow agents of unknown cost under a budget; their cost is not counted')
    .option('--max-time <duration>', 'stop after this time ("10m")', durationOption('--max-time'))
    .option('--allow-unsandboxed', 'run agents and checks unsandboxed, as your user')
    .addOption(digests('consent to what the configuration asks for, if its digest is this; see "backlog trust"'))
    .option('-y, --yes', 'do not ask for confirmation')
    .option('-v, --verbose', 'show what agents say and do')
    .option('-q, --quiet', 'print no progress')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nExit codes:\n${exitCodeLines().join('\n')}`);
}

export function leadInput(folder: SpecsChoice, goal: string, options: LeadOptions) {
  return {
    ...{ ...workInput(options), folder, goal, agent: options.agent ?? null, budgetUsd: options.budget ?? null },
    given: [...(options.plan ?? []), ...(options.docs ?? [])],
    ...{ isUnmetered: options.unmetered === true, maxTimeMs: options.maxTime ?? null },
  };
}

function tellDrafted(folder: SpecsChoice, drafted: ResultOf<'draft'>): void {
  if (tellLed(drafted)) return;
  print(`${plural(drafted.units.length, 'draft')}: ${drafted.why}`);
  for (const line of unitLines(drafted.units)) print(line);
  for (const line of droppedLines(drafted.dropped)) print(line);
  print(`\nRead them, remove "draft: true" from those that you want, and run: ${typedFor(folder).command('run')}`);
}

type Led = Pick<ResultOf<'draft'>, 'decision' | 'why' | 'answer' | 'questions'>;

/** Prints what a lead decided other than units; false if it lists units. */
export function tellLed({ decision, why, answer: text, questions }: Led): boolean {
  if (decision === null) printAside(`Nothing was written: ${why}`);
  else if (text !== null) print(text);
  else if (decision === 'unclear') {
    print(`It is not clear yet what would be done: ${why}`);
    for (const [index, question] of questions.entries()) print(`${index + 1}. ${question}`);
    print('Say it again with the answers.');
  } else return false;
  return true;
}

interface Shown {
  /** Its key, or its name in the list. */
  readonly key: string;
  readonly title: string;
  /** Null before it is written. */
  readonly file: string | null;
  readonly criteria: readonly { readonly text: string; readonly check: string | null }[];
  readonly depends: readonly string[];
}

/** Units with their criteria, as lines. */
export function unitLines(units: readonly Shown[]): string[] {
  return units.flatMap(({ key, title, file, criteria, depends }) => [
    '',
    `${key}  ${title}${depends.length === 0 ? '' : `  (after ${depends.join(', ')})`}`,
    ...criteria.map(({ text: says, check }) =>
      check === null || check === '' || (file !== null && says.includes(check))
        ? `  - ${says}`
        : `  - ${says}: ${check}`,
    ),
    ...(file === null ? [] : [`  ${file}`]),
  ]);
}

export function droppedLines(dropped: readonly string[]): string[] {
  return dropped.length === 0 ? [] : ['', 'Left out:', ...dropped.map((one) => `- ${one}`)];
}
