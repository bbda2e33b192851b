import { Command } from 'commander';
import { inputError } from '../../model/diagnostic.ts';
import { exitCodes } from '../../model/exit-code.ts';
import { printableLine } from '../../util/terminal.ts';
import { type FolderOptions, specsFolder, typedFor, withSpecs } from '../folder.ts';
import { digests } from '../options.ts';
import { print, printJson } from '../output.ts';

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

/** `backlog adopt` */
export function adoptCommand(): Command {
  return withSpecs(new Command('adopt'))
    .summary('accept landings that this clone has no record of')
    .description(
      "Shows the commits of the branch that say that they land a unit without a record of ours: they came from another clone, from an earlier version, or from somebody who wrote our trailers. Each is shown with its author and date, and how the unit's checks end on the branch as it is. Nothing of them counts before a person accepts it.",
    )
    .argument('[unit...]', 'ids or keys of the units to accept, also where a check is red')
    .option('--all', 'accept all whose checks are not red')
    .option('--refuse', 'the other way round: these commits count for nothing, and their units are open')
    .option('--records <ref>', 'take over the records of another clone first, fetched to this ref')
    .option('--no-checks', 'run no checks')
    .option('--into <branch>', 'the branch (default: from the configuration, else backlog/next)')
    .option('--allow-unsandboxed', 'agree that checks run without a sandbox, with your rights')
    .addOption(digests('agree to what the configuration asks for, if this names it'))
    .option('--json', 'print the result as JSON')
    .action(async (units: readonly string[], options: Options) => {
      if (units.length > 0 && options.all)
        throw inputError(
          'conflicting-option',
          'units are named, and --all means others too',
          'Name units, or pass --all.',
        );
      if (options.refuse && units.length === 0 && !options.all)
        throw inputError('missing-argument', '--refuse names no unit', 'Name units, or pass --all.');
      const folder = specsFolder(options);
      const typed = typedFor(folder, options);
      const { adopt } = await import('../../engine/verbs/adopt.ts');
      const { interruptible } = await import('../signals.ts');
      const result = await interruptible(async (signal) =>
        adopt({
          folder,
          into: options.into ?? null,
          units: options.all ? 'all' : units,
          isRefusal: options.refuse === true,
          recordsFrom: options.records ?? null,
          withChecks: options.checks,
          allowUnsandboxed: options.allowUnsandboxed === true,
          trust: options.trust ?? null,
          signal,
        }),
      );
      process.exitCode = result.waiting > 0 ? exitCodes['waiting-for-person'] : exitCodes.done;
      if (options.json) return printJson('adopt', result);
      if (result.claims.length === 0) return print(`Every landing on ${result.branch} has a record.`);
      for (const { key, title, commit, checks, why, answer } of result.claims) {
        print(`${key}: ${printableLine(title, 120)}`);
        print(
          commit
            ? `  ${commit.commit.slice(0, 10)} of ${printableLine(commit.author, 120)}, ${commit.date.slice(0, 10)}: ${printableLine(commit.title, 120)}`
            : '  its boxes are ticked on the branch; no commit there says that it landed',
        );
        if (checks === 'green') print('  its checks are green on the branch as it is');
        if (checks === 'red') print(`  red on the branch as it is: ${printableLine(why ?? '', 300)}`);
        print(
          answer === 'waits'
            ? `  it waits: ${typed.command('adopt', key)}, or ${typed.command('adopt', '--refuse', key)}`
            : `  ${answer}`,
        );
      }
    });
}
