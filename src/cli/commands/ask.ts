import { Command } from 'commander';
import type { RequestVerb } from '../../queue/requests.ts';
import { exitCodes } from '../../model/exit-code.ts';
import { specsFolder } from '../folder.ts';
import { digestsOption } from '../options.ts';
import { print, printAside, printJson } from '../output.ts';
import { run } from './run.ts';

interface Options {
  readonly message?: string;
  readonly digest?: string;
  readonly specs?: string;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly json?: true;
}

/** Asks; with a run at work, that run goes on with the unit. Returns what came of it, or null when it was refused. */
async function ask(
  verb: RequestVerb,
  name: string,
  options: Options,
  wanted: readonly string[],
): Promise<Awaited<ReturnType<typeof import('../../engine/verbs/ask.ts').askFor>> | null> {
  const { askFor } = await import('../../engine/verbs/ask.ts');
  const asked = await askFor({
    folder: specsFolder(options.specs),
    verb,
    unit: name,
    message: options.message ?? '',
    ...(options.digest === undefined ? {} : { digest: options.digest }),
  });
  const isTaken = asked.outcome === null || wanted.some((word) => asked.outcome?.endsWith(word));
  if (!isTaken) process.exitCode = exitCodes['bad-input'];
  if (options.json) printJson('request', { verb, ...asked, isTaken });
  else if (isTaken) print(asked.outcome ?? `The run at work has not answered yet; it will apply this when it can.`);
  else printAside(asked.outcome ?? '');
  return isTaken ? asked : null;
}

function command(name: string, summary: string, description: string): Command {
  return new Command(name)
    .summary(summary)
    .description(description)
    .argument('<unit>', 'id or key of the unit')
    .option('-s, --specs <folder>', 'the specs folder (default: the one here, or ./specs)')
    .option('--json', 'print the result as JSON');
}

/** `backlog retry` */
export function retryCommand(): Command {
  return command(
    'retry',
    'have a unit tried again',
    'Puts a unit that failed, is blocked, quarantined, cancelled or parked back into the queue, with all its attempts before it.',
  ).action(async (name: string, options: Options) => {
    await ask('retry', name, options, ['is tried again']);
  });
}

/** `backlog cancel` */
export function cancelCommand(): Command {
  return command(
    'cancel',
    'take a unit out of the queue',
    'Stops a unit if it is at work, and starts it no more; "backlog retry" takes it back in.',
  ).action(async (name: string, options: Options) => {
    await ask('cancel', name, options, ['is cancelled', 'is being stopped', 'cancelled already']);
  });
}

/** `backlog approve` */
export function approveCommand(): Command {
  return command(
    'approve',
    'say that a unit is as it should be',
    'Answers the human criteria of a unit that waits for a person. It is then judged once more where the branch has moved, and lands.',
  )
    .option('-m, --message <text>', 'a word on why')
    .option('--digest <digest>', 'approve only this very change: the whole digest that "backlog review" prints')
    .option('--allow-unsandboxed', 'agree that checks run without a sandbox, with your rights')
    .option('--trust <digest>', 'agree to what the configuration asks for, if this names it', digestsOption)
    .action(async (name: string, options: Options) => {
      const asked = await ask('approve', name, options, ['is approved']);
      if (!asked?.isIdle) return;
      // Nobody else is at work: land it now.
      const code = await run(specsFolder(options.specs), {
        quiet: true,
        yes: true,
        ...(options.allowUnsandboxed ? { allowUnsandboxed: true } : {}),
        ...(options.trust ? { trust: options.trust } : {}),
        ...(options.json ? { json: true } : {}),
        only: [asked.unit],
      });
      process.exitCode = code;
    });
}

/** `backlog reject` */
export function rejectCommand(): Command {
  return command(
    'reject',
    'send a unit back to work',
    'Answers the human criteria of a unit with no; your words go to the next agent.',
  )
    .requiredOption('-m, --message <text>', 'what is wrong, for the next agent')
    .action(async (name: string, options: Options) => {
      await ask('reject', name, options, ['goes back to work']);
    });
}

/** `backlog pause` */
export function pauseCommand(): Command {
  return command(
    'pause',
    'keep a unit from starting',
    'A paused unit starts only after "backlog resume"; what is at work of it ends.',
  ).action(async (name: string, options: Options) => {
    await ask('pause', name, options, ['is paused', 'nothing new starts', 'paused already']);
  });
}

/** `backlog resume` */
export function resumeCommand(): Command {
  return command('resume', 'let a paused unit start', 'Takes back "backlog pause".').action(
    async (name: string, options: Options) => {
      await ask('resume', name, options, ['goes on', 'is not paused']);
    },
  );
}

/** `backlog unblock` */
export function unblockCommand(): Command {
  return command(
    'unblock',
    'answer a unit that is blocked',
    'Puts a unit whose agent said that it cannot be done back into the queue; your words go to the next agent.',
  )
    .requiredOption('-m, --message <text>', 'what the next agent should know')
    .action(async (name: string, options: Options) => {
      await ask('unblock', name, options, ['with the answer']);
    });
}
