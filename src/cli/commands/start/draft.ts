import { Command } from 'commander';
import type { ResultOf } from '../../../engine/verbs/verbs.ts';
import { exitCodeLines } from '../../../model/exit-code.ts';
import { plural } from '../../../util/text/plural.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, type SpecsChoice, specsFolder, typedFor, withSpecs, workInput } from '../../folder.ts';
import { digests, dollars, durationOption, repeatable, text } from '../../options.ts';
import { print, printAside, printJson } from '../../output.ts';
import { withProgress } from './run.ts';

interface Options extends FolderOptions {
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
  return withSpecs(new Command('draft'))
    .summary('divide a goal into draft units')
    .description(
      'A lead looks at the repository in a read-only box, and divides the goal into units with criteria, which the linter of "backlog check" has to pass. They are written as drafts into a folder of their own below "orchestrated": no run touches one before you remove its "draft: true". A question is answered instead, and a goal that is too vague comes back with up to three questions (exit 5).',
    )
    .argument('<goal>', 'what you want, in a sentence or more')
    .option('--agent <name>', 'agent of the lead (default: that of the role "lead", else the usual one)')
    .addOption(repeatable('--plan <file>', 'a plan that the lead is to follow', text('--plan', 'the path of a file')))
    .addOption(repeatable('--docs <file>', 'a file that the lead is to read', text('--docs', 'the path of a file')))
    .option('--budget <usd>', 'the most that it may spend, in dollars', dollars('--budget'))
    .option('--unmetered', 'allow an agent of unknown cost under a budget; its cost is not counted')
    .option('--max-time <duration>', 'stop after this time ("10m")', durationOption('--max-time'))
    .option('--allow-unsandboxed', 'run the lead unsandboxed, as your user')
    .addOption(digests('consent to what the configuration asks for, if its digest is this; see "backlog trust"'))
    .option('-y, --yes', 'do not ask for confirmation of the cost')
    .option('-v, --verbose', 'show what the lead says and does')
    .option('-q, --quiet', 'print no progress')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nExit codes:\n${exitCodeLines().join('\n')}`)
    .action(async (goal: string, options: Options) => {
      const folder = specsFolder(options);
      const input = {
        ...{ ...workInput(options), folder, goal, agent: options.agent ?? null, budgetUsd: options.budget ?? null },
        given: [...(options.plan ?? []), ...(options.docs ?? [])],
        ...{ isUnmetered: options.unmetered === true, maxTimeMs: options.maxTime ?? null },
      };
      const drafted = await withProgress(folder, options, async (talk) => answer('draft', input, talk));
      process.exitCode = drafted.exitCode;
      if (options.json) return printJson('drafted', drafted);
      tellDrafted(folder, drafted);
    });
}

function tellDrafted(folder: SpecsChoice, drafted: ResultOf<'draft'>): void {
  const { decision, why, answer: text, questions, units, dropped } = drafted;
  if (decision === null) return printAside(`Nothing was written: ${why}`);
  if (text !== null) return print(text);
  if (decision === 'unclear') {
    print(`It is not clear yet what would be done: ${why}`);
    for (const [index, question] of questions.entries()) print(`${index + 1}. ${question}`);
    return print('Say it again with the answers.');
  }
  print(`${plural(units.length, 'draft')}: ${why}`);
  for (const unit of units) {
    print(`\n${unit.key}  ${unit.title}${unit.depends.length === 0 ? '' : `  (after ${unit.depends.join(', ')})`}`);
    for (const one of unit.criteria)
      print(`  - ${one.text}${one.check === null || one.text.includes(one.check) ? '' : `: ${one.check}`}`);
    print(`  ${unit.file}`);
  }
  if (dropped.length > 0) print(`\nLeft out:\n${dropped.map((one) => `- ${one}`).join('\n')}`);
  print(`\nRead them, remove "draft: true" from those that you want, and run: ${typedFor(folder).command('run')}`);
}
