import { Command } from 'commander';
import { formatDiagnostic, inputError } from '../../model/diagnostic.ts';
import { exitCodes } from '../../model/exit-code.ts';
import type { Asked } from '../../engine/verbs/ask.ts';
import type { RequestVerb } from '../../queue/requests.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../folder.ts';
import { digests, text } from '../options.ts';
import { print, printAside, printJson } from '../output.ts';
import { badUsage } from '../usage.ts';
import { drain, tell } from './run.ts';

interface Options extends FolderOptions {
  readonly message?: string;
  readonly digest?: string;
  readonly failed?: true;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly json?: true;
}

/** Asks the same of several units. A refusal ends the command with exit code 2, also where others were not refused. */
export async function ask(
  verb: RequestVerb,
  units: readonly string[] | 'failed',
  options: Options,
): Promise<readonly Asked[]> {
  const { askFor } = await import('../../engine/verbs/ask.ts');
  const asked = await askFor({
    folder: specsFolder(options),
    verb,
    units,
    message: options.message ?? '',
    ...(options.digest === undefined ? {} : { digest: options.digest }),
  });
  if (asked.some(({ answer }) => answer?.refusal)) process.exitCode = exitCodes['bad-input'];
  return asked;
}

const notYet = 'The run at work has not answered yet; it will apply this when it can.';

/** What came of a request, for machines: a refusal has a code. */
function asRequest({ answer, ...asked }: Asked): object {
  const { outcome = null, refusal = null } = answer ?? {};
  return {
    ...asked,
    outcome,
    isTaken: refusal === null,
    code: refusal?.code ?? null,
    message: outcome ?? notYet,
    hint: refusal?.hint ?? null,
  };
}

/** Prints what came of requests; in JSON one for one unit, and a list for several. */
export function tellAsked(asked: readonly Asked[], options: { readonly json?: true }, more: object = {}): void {
  for (const { answer } of asked)
    if (answer?.refusal) printAside(formatDiagnostic({ severity: 'error', ...answer.refusal }));
  if (options.json) {
    const [first, ...rest] = asked;
    if (first && rest.length === 0) return printJson('request', { ...asRequest(first), ...more });
    const refusal = asked.find(({ answer }) => answer?.refusal)?.answer?.refusal ?? null;
    const { code = null, message = null, hint = null } = refusal ?? {};
    const requests = asked.map(asRequest);
    return printJson('requests', { isTaken: refusal === null, code, message, hint, requests, ...more });
  }
  for (const { answer } of asked) if (!answer?.refusal) print(answer?.outcome ?? notYet);
}

function command(name: string, summary: string, description: string): Command {
  return withSpecs(
    new Command(name).summary(summary).description(description).argument('<unit...>', 'ids or keys of units'),
  ).option('--json', 'print the result as JSON');
}

async function simply(verb: RequestVerb, units: readonly string[] | 'failed', options: Options): Promise<void> {
  const asked = await ask(verb, units, options);
  if (units === 'failed' && asked.length === 0 && !options.json) print('No unit has failed.');
  else tellAsked(asked, options);
}

/** `backlog retry` */
export function retryCommand(): Command {
  const it = withSpecs(
    new Command('retry')
      .summary('retry units')
      .description(
        'Returns failed, blocked, quarantined, cancelled or parked units to the queue with a fresh attempt count.',
      )
      .argument('[unit...]', 'ids or keys of units')
      .option('--failed', 'all failed and quarantined units'),
  ).option('--json', 'print the result as JSON');
  return it.action(async (units: readonly string[], options: Options) => {
    if (options.failed && units.length > 0)
      throw badUsage('conflicting-option', 'units are named, and --failed means others too', it);
    if (!options.failed && units.length === 0)
      throw badUsage('missing-argument', 'no unit is named', it, 'Name units, or pass --failed.');
    await simply('retry', options.failed ? 'failed' : units, options);
  });
}

/** `backlog cancel` */
export function cancelCommand(): Command {
  return command(
    'cancel',
    'take units out of the queue',
    'Cancels a unit, and stops its agent if one is active. "backlog retry" returns it to the queue.',
  ).action(async (units: readonly string[], options: Options) => simply('cancel', units, options));
}

/** `backlog approve` */
export function approveCommand(): Command {
  return command(
    'approve',
    'approve units that wait for you',
    'Approves the human criteria of a unit. The unit then lands; if the branch has moved, it is verified again first.',
  )
    .option('-m, --message <text>', 'the reason')
    .option('--digest <digest>', 'approve only this exact change: the digest that "backlog review" prints')
    .option('--allow-unsandboxed', 'run checks unsandboxed, as your user')
    .addOption(digests('consent to what the configuration asks for, if its digest is this'))
    .action(async (units: readonly string[], options: Options) => {
      if (options.digest !== undefined && units.length > 1)
        throw inputError('conflicting-option', '--digest names one change', 'Approve one unit with it at a time.');
      const asked = await ask('approve', units, options);
      const taken = asked.filter(({ answer }) => answer?.refusal === null);
      if (taken.length === 0 || !taken.every(({ isIdle }) => isIdle)) return tellAsked(asked, options);
      if (!options.json) tellAsked(asked, options);
      // Nobody else is at work: land them now.
      const folder = specsFolder(options);
      const result = await drain(folder, {
        quiet: true,
        yes: true,
        ...(options.allowUnsandboxed ? { allowUnsandboxed: true } : {}),
        ...(options.trust ? { trust: options.trust } : {}),
        only: taken.map(({ unit }) => unit),
      });
      if (taken.length === asked.length) process.exitCode = result.exitCode;
      const { outcome, exitCode, report } = result;
      if (options.json) tellAsked(asked, options, { run: { outcome, exitCode, report } });
      else await tell(folder, result, false, options);
    });
}

/** `backlog reject` */
export function rejectCommand(): Command {
  return command(
    'reject',
    'send units back with a message',
    'Rejects a unit that waits for approval. Your message goes to the next agent.',
  )
    .requiredOption(
      '-m, --message <text>',
      'what is wrong, for the next agent',
      text('--message', 'what the next agent should know'),
    )
    .action(async (units: readonly string[], options: Options) => simply('reject', units, options));
}

/** `backlog pause` */
export function pauseCommand(): Command {
  return command(
    'pause',
    'pause units',
    'Pauses a unit: it starts only after "backlog resume". A running attempt finishes.',
  ).action(async (units: readonly string[], options: Options) => simply('pause', units, options));
}

/** `backlog resume` */
export function resumeCommand(): Command {
  const it = withSpecs(
    new Command('resume')
      .summary('resume paused units')
      .description('Resumes paused units. To continue an interrupted run, use "backlog run".')
      .argument('[unit...]', 'ids or keys of units'),
  ).option('--json', 'print the result as JSON');
  return it.action(async (units: readonly string[], options: Options) => {
    if (units.length === 0)
      throw badUsage(
        'missing-argument',
        '"resume" lets a paused unit start again, and no unit is named',
        it,
        'Name the unit. To go on with a run that was interrupted: "backlog run".',
      );
    await simply('resume', units, options);
  });
}

/** `backlog unblock` */
export function unblockCommand(): Command {
  return command(
    'unblock',
    'answer blocked units',
    'Returns a blocked unit to the queue. Your message goes to the next agent.',
  )
    .requiredOption(
      '-m, --message <text>',
      'what the next agent should know',
      text('--message', 'what the next agent should know'),
    )
    .action(async (units: readonly string[], options: Options) => simply('unblock', units, options));
}
