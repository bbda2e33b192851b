import { Command } from 'commander';
import { type FolderOptions, specsFolder, withSpecs } from '../folder.ts';
import { digests } from '../options.ts';
import { print, printJson } from '../output.ts';

/** `backlog undo` */
export function undoCommand(): Command {
  return withSpecs(new Command('undo'))
    .summary('take a landed unit back')
    .description(
      "Commits on the branch what undoes a landed unit, its ticks with it, and opens the unit again. The branch without it is judged by the project's checks first; where later work changed the same lines, or needs it, nothing happens.",
    )
    .argument('<unit>', 'id or key of the unit')
    .option('-m, --message <text>', 'why, for the commit and for the next agent')
    .option('--into <branch>', 'branch on which it landed (default: from the configuration, else backlog/next)')
    .option('--allow-unsandboxed', 'agree that checks run without a sandbox, with your rights')
    .addOption(digests('agree to what the configuration asks for, if this names it'))
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
        const { undoUnit } = await import('../../engine/verbs/undo.ts');
        const { interruptible } = await import('../signals.ts');
        const undone = await interruptible(async (signal) =>
          undoUnit({
            folder: specsFolder(options),
            unit: name,
            message: options.message ?? '',
            into: options.into ?? null,
            allowUnsandboxed: options.allowUnsandboxed === true,
            trust: options.trust ?? null,
            signal,
          }),
        );
        if (options.json) return printJson('undo', undone);
        print(
          `${undone.key} is undone by ${undone.commit.slice(0, 10)} on ${undone.branch}, and ${undone.state} again.`,
        );
      },
    );
}
