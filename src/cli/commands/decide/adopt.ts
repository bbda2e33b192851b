import { Command } from 'commander';
import { inputError } from '../../../model/diagnostic.ts';
import { exitCodes } from '../../../model/exit-code.ts';
import { printableLine } from '../../../util/text/printable.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, typedFor, withSpecs, workInput } from '../../folder.ts';
import { digests } from '../../options.ts';
import { print, printJson } from '../../output.ts';
import { interruptible } from '../../signals.ts';

interface Options extends FolderOptions {
  readonly all?: true;
  readonly refuse?: true;
  readonly records?: string;
  readonly checks: boolean;
  readonly into?: string;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly json?: true;
}

export function adoptCommand(): Command {
  return withSpecs(new Command('adopt'))
    .summary('accept landings without a record in this clone')
    .description(
      "Lists commits of the branch that claim to land a unit but have no record here: they come from another clone, from an older version, or from somebody who wrote our trailers. Each is shown with author, date and the current result of the unit's checks. None of them counts until you accept it.",
    )
    .argument('[unit...]', 'ids or keys of the units to accept, also if a check fails')
    .option('--all', 'accept all whose checks do not fail')
    .option('--refuse', 'refuse instead: the commits do not count, and their units are open')
    .option('--records <ref>', 'first import the records of another clone, fetched to this ref')
    .option('--no-checks', 'run no checks')
    .option('--into <branch>', 'the branch (default: from the configuration, else backlog/next)')
    .option('--allow-unsandboxed', 'run checks unsandboxed, as your user')
    .addOption(digests('consent to what the configuration asks for, if its digest is this'))
    .option('--json', 'print the result as JSON')
    .action(async (units: readonly string[], options: Options) => {
      if (units.length > 0 && options.all)
        throw inputError('conflicting-option', 'units and --all exclude each other', 'Name units, or pass --all.');
      if (options.refuse && units.length === 0 && !options.all)
        throw inputError('missing-argument', '--refuse needs units', 'Name units, or pass --all.');
      const folder = specsFolder(options);
      const typed = typedFor(folder, options);
      const result = await interruptible(async (signal) =>
        answer(
          'adopt',
          {
            folder,
            units: options.all ? 'all' : units,
            isRefusal: options.refuse === true,
            recordsFrom: options.records ?? null,
            withChecks: options.checks,
            ...workInput(options),
          },
          { signal },
        ),
      );
      process.exitCode = result.waiting > 0 ? exitCodes['waiting-for-person'] : exitCodes.done;
      if (options.json) return printJson('adopt', result);
      if (result.claims.length === 0) return print(`Every landing on ${result.branch} has a record.`);
      for (const { key, title, commit, checks, why, answer } of result.claims) {
        print(`${key}: ${printableLine(title, 120)}`);
        print(
          commit
            ? `  ${commit.commit.slice(0, 10)} of ${printableLine(commit.author, 120)}, ${commit.date.slice(0, 10)}: ${printableLine(commit.title, 120)}`
            : '  its boxes are ticked on the branch, but no commit there says that it landed',
        );
        if (checks === 'green') print('  its checks pass on the current branch');
        if (checks === 'red') print(`  its checks fail on the current branch: ${printableLine(why ?? '', 300)}`);
        print(
          answer === 'waits'
            ? `  waiting for you: ${typed.command('adopt', key)}, or ${typed.command('adopt', '--refuse', key)}`
            : `  ${answer}`,
        );
      }
    });
}
