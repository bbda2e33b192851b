import { Command } from 'commander';
import { exitCodes } from '../../../model/exit-code.ts';
import { answer } from '../../answer.ts';
import { type FormatOptions, foundSpecs, namedFolder, specsFolder, withFolder, withFormat } from '../../folder.ts';
import { printJson, printStyled, styled } from '../../output.ts';
import { printable } from '../../../util/text/printable.ts';
import { interruptible } from '../../signals.ts';

export function doctorCommand(): Command {
  return withFormat(withFolder(new Command('doctor')))
    .summary('show what a run needs, and what is missing')
    .description(
      'Checks everything that a run needs: Node, git, sandbox, repository, branch, specs, agent and key. Runs no agent and uses no network, except with --agent.',
    )
    .option(
      '--agent [name]',
      'send one small order to an agent (default: the one that a run uses), for at most $0.05, or $0.50 for programs with long prompts; the cost of an agent with its own login is not counted',
    )
    .option('--json', 'print the findings as JSON')
    .action(
      async (
        named: string | undefined,
        options: FormatOptions & { readonly json?: true; readonly agent?: string | true },
      ) => {
        const { agent } = options;
        const isNamed = namedFolder(options, named) !== undefined;
        const folder = isNamed ? specsFolder(options, named) : foundSpecs(options.format);
        const { findings } =
          agent === undefined
            ? await answer('doctor', { folder, call: null })
            : await interruptible(async (signal) =>
                answer('doctor', { folder, call: { agent: agent === true ? null : agent } }, { signal }),
              );
        if (findings.some((finding) => finding.level === 'problem')) process.exitCode = exitCodes['units-failed'];
        if (options.json) return printJson('doctor', { findings });
        const marks = {
          ok: styled('green', 'ok     '),
          warning: styled('yellow', 'warning'),
          problem: styled('red', 'problem'),
        };
        for (const finding of findings) {
          printStyled(`${marks[finding.level]} ${finding.what}: ${printable(finding.says)}`);
          if (finding.hint !== null) printStyled(`        ${printable(finding.hint)}`);
        }
      },
    );
}
