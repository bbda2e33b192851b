import { printAside } from './output.ts';
import { Command } from 'commander';
import { addCommand } from './commands/add.ts';
import { adoptCommand } from './commands/adopt.ts';
import { agentsCommand } from './commands/agents.ts';
import {
  approveCommand,
  cancelCommand,
  pauseCommand,
  rejectCommand,
  resumeCommand,
  retryCommand,
  unblockCommand,
} from './commands/ask.ts';
import { checkCommand } from './commands/check.ts';
import { costsCommand } from './commands/costs.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { gcCommand } from './commands/gc.ts';
import { initCommand } from './commands/init.ts';
import { listCommand } from './commands/list.ts';
import { logCommand } from './commands/log.ts';
import { planCommand } from './commands/plan.ts';
import { reportCommand } from './commands/report.ts';
import { reviewCommand } from './commands/review.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommand } from './commands/schema.ts';
import { showCommand } from './commands/show.ts';
import { statusCommand } from './commands/status.ts';
import { trustCommand } from './commands/trust.ts';
import { undoCommand } from './commands/undo.ts';
import { version } from './version.ts';

/** The whole command line. Commands load what they need only when they run, so that `--help` stays quick. */
export function createProgram(): Command {
  const program = new Command('backlog')
    .description(
      'Drains a folder of specs with coding agents working side by side, and proves each piece of work done.',
    )
    .version(version)
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError(true)
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      'after',
      `
Exit codes:
  0 all done   1 units failed, blocked or not runnable   2 bad input   3 stopped by a cap
  4 stopped by a provider's limit   5 waiting for a person   70 a bug   78 Node too old
  130 interrupted   143 terminated

Examples:
  backlog init                    make a specs folder with an example
  backlog run specs               drain it
  backlog add "Title" --check "npm test"
  backlog status                  what is going on`,
    );
  for (const make of [
    runCommand,
    initCommand,
    addCommand,
    checkCommand,
    planCommand,
    listCommand,
    showCommand,
    statusCommand,
    agentsCommand,
    costsCommand,
    diffCommand,
    logCommand,
    reportCommand,
    reviewCommand,
    approveCommand,
    rejectCommand,
    retryCommand,
    cancelCommand,
    pauseCommand,
    resumeCommand,
    unblockCommand,
    undoCommand,
    adoptCommand,
    gcCommand,
    trustCommand,
    doctorCommand,
    schemaCommand,
  ]) {
    program.addCommand(make());
  }
  // Subcommands do not inherit these settings when they are added ready-made.
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    command.exitOverride().configureOutput({ writeErr: (text) => printAside(text.trimEnd()) });
  return program;
}
