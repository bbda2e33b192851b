import { Command, Help, Option } from 'commander';
import { exitCodeLines } from '../model/exit-code.ts';
import { inputError } from '../model/diagnostic.ts';
import { addCommand } from './commands/start/add.ts';
import { adoptCommand } from './commands/decide/adopt.ts';
import { agentsCommand } from './commands/watch/agents.ts';
import {
  approveCommand,
  cancelCommand,
  pauseCommand,
  rejectCommand,
  resumeCommand,
  retryCommand,
  unblockCommand,
} from './commands/decide/ask.ts';
import { checkCommand } from './commands/start/check.ts';
import { completionCommand } from './commands/maintain/completion.ts';
import { configCommand } from './commands/maintain/config.ts';
import { costsCommand } from './commands/watch/costs.ts';
import { diffCommand } from './commands/watch/diff.ts';
import { draftCommand } from './commands/start/draft.ts';
import { doctorCommand } from './commands/maintain/doctor.ts';
import { gcCommand } from './commands/maintain/gc.ts';
import { inboxCommand } from './commands/decide/inbox.ts';
import { initCommand } from './commands/start/init.ts';
import { listCommand } from './commands/watch/list.ts';
import { logCommand } from './commands/watch/log.ts';
import { mergeCommand } from './commands/decide/merge.ts';
import { orchestrateCommand } from './commands/start/orchestrate.ts';
import { planCommand } from './commands/start/plan.ts';
import { pushCommand } from './commands/decide/push.ts';
import { reportCommand } from './commands/watch/report.ts';
import { reviewCommand } from './commands/decide/review.ts';
import { runCommand } from './commands/start/run.ts';
import { runsCommand } from './commands/watch/runs.ts';
import { boardCommand } from './commands/watch/board.ts';
import { watchCommand } from './commands/watch/watch.ts';
import { schemaCommand } from './commands/maintain/schema.ts';
import { showCommand } from './commands/watch/show.ts';
import { statusCommand } from './commands/watch/status.ts';
import { trustCommand } from './commands/maintain/trust.ts';
import { undoCommand } from './commands/decide/undo.ts';
import { goTo, here } from '../util/files/here.ts';
import { printAside, put } from './output.ts';
import { usageError } from './usage.ts';
import { versionCommand } from './commands/maintain/version.ts';
import { version } from './version.ts';

/** All commands, in the groups and the order of help. */
const groups: Readonly<Record<string, readonly (() => Command)[]>> = {
  Start: [initCommand, addCommand, draftCommand, checkCommand, planCommand, runCommand, orchestrateCommand],
  Watch: [
    ...[statusCommand, watchCommand, boardCommand, listCommand, showCommand, agentsCommand],
    ...[logCommand, diffCommand, reportCommand, runsCommand, costsCommand],
  ],
  Decide: [
    ...[reviewCommand, approveCommand, rejectCommand, unblockCommand, inboxCommand],
    ...[mergeCommand, pushCommand, undoCommand, adoptCommand],
  ],
  Control: [retryCommand, cancelCommand, pauseCommand, resumeCommand],
  Maintain: [doctorCommand, configCommand, trustCommand, gcCommand, schemaCommand, completionCommand, versionCommand],
};

/** Exit codes of commands, other than 0 for success. */
const ends: Readonly<Record<string, string>> = {
  check: '0 without errors, 2 with (or with warnings, after --fail-on warning)',
  doctor: '0 if a run can start, otherwise 1',
  status: '0; with --drift, 1 if something has to be set right',
  approve: 'those of "backlog run", which lands the approved units',
  merge: '0 merged, or nothing to merge; 2 nothing was changed',
  push: '0 pushed, or nothing to push; 2 the remote or its host refused',
  adopt: '0 if no claim waits, otherwise 5',
  trust: '0 if you consented, or nothing needs consent; 2 if you did not, or the digest has changed',
};
const always = '2 wrong input or a refused request; 70 a bug in backlog; 78 no usable Node; 130 or 143 interrupted';

/** Creates the command line. Commands load their modules when they run, so that `--help` stays fast. */
export function createProgram(): Command {
  const folder = new Option('-C <dir>', 'run as if started in this folder').argParser<readonly string[] | undefined>(
    (dir, all) => [...(all ?? []), dir],
  );
  const program = new Command('backlog')
    .description('Runs coding agents in parallel over a folder of specs, and verifies every result before it lands.')
    .usage('<command> [options]')
    .version(version)
    .addOption(folder)
    .hook('preAction', (_program, command) => enter(command.optsWithGlobals<{ readonly C?: readonly string[] }>().C))
    .addHelpText(
      'after',
      `
Exit codes:
${exitCodeLines().join('\n')}

Examples:
  backlog init                    create a specs folder with an example
  backlog run specs               run its units
  backlog add "Title" --check "npm test"
  backlog status                  show the current state`,
    );
  for (const [group, commands] of Object.entries(groups))
    for (const make of commands) program.addCommand(make().helpGroup(`${group}:`));
  // Commands that are added ready-made do not inherit these settings.
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    command
      .exitOverride((error) => {
        throw usageError(error, command);
      })
      .configureOutput({
        writeOut: (text) => put(process.stdout, text),
        writeErr: (text) => printAside(text.trimEnd()),
        outputError: () => {},
      })
      .configureHelp({
        ...(command === program ? {} : { showGlobalOptions: true, visibleGlobalOptions: () => [folder] }),
        subcommandTerm: shortTerm,
        optionDescription: marked,
      });
  for (const command of program.commands)
    for (const one of [command, ...command.commands])
      if (one.name() !== 'run') one.addHelpText('after', `\nExit codes: ${ends[one.name()] ?? '0 done'};\n${always}.`);
  return program;
}

/** A command with its arguments, without "[options]". */
function shortTerm(command: Command): string {
  return new Help().subcommandTerm(command).replace(' [options]', '');
}

/** The description of an option, marked if it is required. */
const marked: Help['optionDescription'] = (option) => {
  const description = new Help().optionDescription(option);
  return option.mandatory ? `${description} (required)` : description;
};

/** Changes to the folders of `-C`, each relative to the previous one. Throws an `InputError` if one does not exist. */
function enter(folders: readonly string[] = []): void {
  for (const folder of folders) {
    if (folder === '') throw inputError('no-folder', '-C names no folder: it is empty', 'Name the folder to start in.');
    try {
      goTo(folder);
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'it does not exist' : code === 'ENOTDIR' ? 'it is not a folder' : code;
      throw inputError('no-folder', `-C ${JSON.stringify(folder)} cannot be entered: ${why}`);
    }
  }
  if (here() === null)
    throw inputError(
      'no-folder',
      'the current folder was removed',
      'Change to another folder ("cd"), or name one with -C and its absolute path.',
    );
}
