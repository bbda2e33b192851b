import { Command } from 'commander';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs, workInput } from '../../folder.ts';
import { digests } from '../../options.ts';
import { print, printJson } from '../../output.ts';
import { interruptible } from '../../signals.ts';

export function undoCommand(): Command {
  return withSpecs(new Command('undo'))
    .summary('revert a landed unit')
    .description(
      "Reverts a landed unit and its ticks with a commit on the branch, and reopens the unit. The project's checks verify the branch without it first. If later work changed the same lines, or depends on it, nothing happens.",
    )
    .argument('<unit>', 'id or key of the unit')
    .option('-m, --message <text>', 'the reason, for the commit and the next agent')
    .option('--into <branch>', 'the branch that it landed on (default: from the configuration, else backlog/next)')
    .option('--allow-unsandboxed', 'run checks unsandboxed, as your user')
    .addOption(digests('consent to what the configuration asks for, if its digest is this'))
    .option('--json', 'print the result as JSON')
    .action(
      async (
        name: string,
        options: FolderOptions & {
          readonly message?: string;
          readonly into?: string;
          readonly allowUnsandboxed?: true;
          readonly trust?: readonly string[];
          readonly json?: true;
        },
      ) => {
        const undone = await interruptible(async (signal) =>
          answer(
            'undo',
            {
              folder: specsFolder(options),
              unit: name,
              message: options.message ?? '',
              ...workInput(options),
            },
            { signal },
          ),
        );
        if (options.json) return printJson('undo', undone);
        print(
          `${undone.key} is undone by ${undone.commit.slice(0, 10)} on ${undone.branch}, and ${undone.state} again.`,
        );
      },
    );
}
