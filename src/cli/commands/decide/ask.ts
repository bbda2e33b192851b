import { Command, Option } from 'commander';
import { inputError } from '../../../model/diagnostic.ts';
import { formatDiagnostic } from '../../format-diagnostic.ts';
import { exitCodes } from '../../../model/exit-code.ts';
import type { Answer, Answered } from '../../../engine/verbs/asking/ask.ts';
import { answer, asDiagnostic } from '../../answer.ts';
import { type FolderOptions, specsFolder, withSpecs } from '../../folder.ts';
import type { RequestOutput } from '../../json-outputs.ts';
import { digests, text } from '../../options.ts';
import { print, printAside, printJson } from '../../output.ts';
import { requestSays } from '../../request-says.ts';
import { badUsage } from '../../usage.ts';
import { drain, tell } from '../start/run.ts';

interface Options extends FolderOptions {
  readonly message?: string;
  readonly digest?: string;
  readonly failed?: true;
  readonly allowUnsandboxed?: true;
  readonly trust?: readonly string[];
  readonly json?: true;
}

/** The answer to a request as JSON; a refusal has a code. */
function asRequest(one: Answer): RequestOutput {
  const { verb, unit, key, isIdle, state } = one;
  const refused = one.kind === 'refused' ? one : null;
  return {
    ...{ verb, unit, key, isIdle, state },
    outcome: one.kind === 'pending' ? null : requestSays(one),
    isTaken: refused === null,
    code: refused?.reason ?? null,
    message: requestSays(one),
    hint: refused?.hint ?? null,
  };
}

/** Prints the answers to requests. With a refusal among them, the exit code is 2. */
export function tellAnswers(
  { answers }: Answered,
  options: { readonly json?: true },
  more: Pick<RequestOutput, 'run'> = {},
): void {
  const refused = answers.filter((one) => one.kind === 'refused');
  for (const one of refused) printAside(formatDiagnostic(asDiagnostic(one)));
  if (refused.length > 0) process.exitCode = exitCodes['bad-input'];
  if (options.json) {
    const [only, ...rest] = answers;
    if (only && rest.length === 0) return printJson('request', { ...asRequest(only), ...more });
    const { reason: code = null, message = null, hint = null } = refused[0] ?? {};
    const requests = answers.map(asRequest);
    return printJson('requests', { isTaken: refused.length === 0, code, message, hint, requests, ...more });
  }
  for (const one of answers) if (one.kind !== 'refused') print(requestSays(one));
}

function command(name: string, summary: string, description: string, first: readonly Option[] | null = null): Command {
  const it = new Command(name).summary(summary).description(description);
  it.argument(first === null ? '<unit...>' : '[unit...]', 'ids or keys of units');
  for (const option of first ?? []) it.addOption(option);
  return withSpecs(it).option('--json', 'print the result as JSON');
}

/** A command without own options. */
function simply(verb: 'cancel' | 'pause', summary: string, description: string): Command {
  return command(verb, summary, description).action(async (units: readonly string[], options: Options) =>
    tellAnswers(await answer(verb, { folder: specsFolder(options), units }), options),
  );
}

/** A command with a required message. */
function withMessage(verb: 'reject' | 'unblock', summary: string, description: string, what: string): Command {
  return command(verb, summary, description)
    .requiredOption('-m, --message <text>', what, text('--message', 'what the next agent should know'))
    .action(async (units: readonly string[], { message = '', ...options }: Options) =>
      tellAnswers(await answer(verb, { folder: specsFolder(options), units, message }), options),
    );
}

export function retryCommand(): Command {
  const it = command(
    'retry',
    'retry units',
    'Returns failed, blocked, quarantined, cancelled or parked units to the queue with a fresh attempt count.',
    [new Option('--failed', 'all failed and quarantined units')],
  );
  return it.action(async (units: readonly string[], options: Options) => {
    if (options.failed && units.length > 0)
      throw badUsage('conflicting-option', 'units and --failed exclude each other', it);
    if (!options.failed && units.length === 0)
      throw badUsage('missing-argument', 'no unit is named', it, 'Name units, or pass --failed.');
    const answered = await answer('retry', {
      folder: specsFolder(options),
      units: options.failed ? 'failed' : units,
    });
    if (answered.answers.length === 0 && !options.json) print('No unit has failed.');
    else tellAnswers(answered, options);
  });
}

export function cancelCommand(): Command {
  return simply(
    'cancel',
    'take units out of the queue',
    'Cancels a unit, and stops its agent if one is active. "backlog retry" returns it to the queue.',
  );
}

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
        throw inputError(
          'conflicting-option',
          '--digest belongs to a single unit',
          'Approve one unit at a time with it.',
        );
      const folder = specsFolder(options);
      const { message = '', digest = null } = options;
      const answered = await answer('approve', { folder, units, message, digest });
      const { answers } = answered;
      const taken = answers.filter(({ kind }) => kind === 'approved');
      if (taken.length === 0 || !taken.every(({ isIdle }) => isIdle)) return tellAnswers(answered, options);
      if (!options.json) tellAnswers(answered, options);
      // No run is active, so land them now.
      const result = await drain(folder, {
        quiet: true,
        yes: true,
        ...(options.allowUnsandboxed ? { allowUnsandboxed: true } : {}),
        ...(options.trust ? { trust: options.trust } : {}),
        only: taken.map(({ unit }) => unit),
      });
      const { outcome, exitCode, report } = result;
      if (options.json) tellAnswers(answered, options, { run: { outcome, exitCode, report } });
      else await tell(folder, result, false, options);
      if (taken.length === answers.length) process.exitCode = exitCode;
    });
}

export function rejectCommand(): Command {
  return withMessage(
    'reject',
    'send units back with a message',
    'Rejects a unit that waits for approval. Your message goes to the next agent.',
    'what is wrong, for the next agent',
  );
}

export function pauseCommand(): Command {
  return simply(
    'pause',
    'pause units',
    'Pauses a unit: it starts only after "backlog resume". A running attempt finishes.',
  );
}

export function resumeCommand(): Command {
  const it = command(
    'resume',
    'resume paused units',
    'Resumes paused units. To continue an interrupted run, use "backlog run".',
    [],
  );
  return it.action(async (units: readonly string[], options: Options) => {
    if (units.length === 0)
      throw badUsage(
        'missing-argument',
        '"resume" resumes paused units, and no unit is named',
        it,
        'Name the unit. To continue an interrupted run: "backlog run".',
      );
    tellAnswers(await answer('resume', { folder: specsFolder(options), units }), options);
  });
}

export function unblockCommand(): Command {
  return withMessage(
    'unblock',
    'answer blocked units',
    'Returns a blocked unit to the queue. Your message goes to the next agent.',
    'what the next agent should know',
  );
}
