import { Command } from 'commander';
import type { Pushed } from '../../../engine/verbs/landed/push.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, type SpecsChoice, specsFolder, withFolder } from '../../folder.ts';
import { print, printAside, printJson } from '../../output.ts';
import { whole } from '../../signals.ts';

/** Where a push goes, for `push` and for `run --push`. */
export interface PushOptions {
  readonly into?: string;
  readonly remote?: string;
  readonly pr?: true;
  readonly base?: string;
}

interface Options extends FolderOptions, PushOptions {
  readonly json?: true;
}

export function pushCommand(): Command {
  return withPush(
    withFolder(
      new Command('push')
        .summary('push landed units, and open a pull request')
        .description(
          'Pushes the branch that runs land on, in one step with the records of what landed, and the recovery data of the queue. It uses your git settings and credentials, asks nothing, and forces nothing but the recovery data, which have no history. With --pr, it opens a pull request (on GitLab, a merge request) from that branch, or updates the open one: its text is the report of the last run.',
        ),
    )
      .option('--into <branch>', 'the branch that runs land on (default: from the configuration, else backlog/next)')
      .option('--pr', 'open a pull request, or update the open one: with gh, GITHUB_TOKEN or GITLAB_TOKEN'),
  )
    .option('--json', 'print the result as JSON')
    .action(async (named: string | undefined, options: Options) => {
      const result = await push(specsFolder(options, named), options);
      if (options.json) printJson('push', result);
      else printPushed(result, print);
    });
}

/** Adds the options of where a push goes. */
export function withPush(command: Command): Command {
  return command
    .option('--remote <name>', 'the remote to push to (default: origin)')
    .option('--base <branch>', 'the branch that a pull request is for (default: the one that is checked out)');
}

/** Pushes what landed. Throws an `InputError` if the remote or its host refuses. */
export async function push(folder: SpecsChoice, options: PushOptions): Promise<Pushed> {
  const { into = null, remote = 'origin', pr = false, base = null } = options;
  return whole(async (signal) => answer('push', { folder, into, remote, pr, base }, { signal }));
}

/** Tells what came of a push. */
export function printPushed({ branch, remote, isPushed, ledger, proposed }: Pushed, say: (line: string) => void): void {
  if (!isPushed) return say(`Nothing to push: there is no branch ${branch} yet.`);
  say(`Pushed ${branch} to ${remote}, with the records of what landed.`);
  if (ledger !== null) printAside(`The recovery data of the queue were not pushed: ${ledger}`);
  if (proposed !== null)
    say(`${proposed.isNew ? 'Opened' : 'Updated'} the pull request to ${proposed.base}: ${proposed.url}`);
}
