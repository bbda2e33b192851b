import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { restoredLines } from '../../evidence.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, type SpecsChoice, specsFolder, withSpecs } from '../../folder.ts';
import { interruptible } from '../../signals.ts';
import { print, printEvent, printJson } from '../../output.ts';

export function logCommand(): Command {
  return withSpecs(
    new Command('log')
      .summary('show the history of a unit')
      .description('Shows the recorded history of a unit over all runs, oldest first.')
      .argument('<unit>', 'id or key of the unit'),
  )
    .option('-f, --follow', 'print what happens from now on, too, until no run is active')
    .option('--json', 'print the events as JSON; with --follow, as JSON lines')
    .action(async (name: string, options: Options) => {
      const folder = specsFolder(options);
      await interruptible(async (signal) => tellLog(folder, name, options, signal));
    });
}

interface Options extends FolderOptions {
  readonly follow?: true;
  readonly json?: true;
}

/** Milliseconds between looks. */
const lookMs = 250;

async function tellLog(folder: SpecsChoice, name: string, options: Options, signal: AbortSignal): Promise<void> {
  const [{ reporters, Teller }, { stateWithNames }] = await Promise.all([
    import('../../../report/reporters.ts'),
    import('../../../report/run-state.ts'),
  ]);
  const first = await answer('log', { folder, unit: name });
  const { id, key, title, commit, restored } = first;
  if (options.json && !options.follow) return printJson('log', { key, events: first.events, restored });
  if (restored !== null && !options.json) print(restoredLines(restored, commit).join('\n'));
  const teller = new Teller(reporters.ofEvents('progress'), stateWithNames([{ id, key, title }]), { isVerbose: true });
  let [last, isAny] = [0, false];
  let [isRunning, isLast] = [true, false];
  for (let { events } = first; ; { events } = await answer('log', { folder, unit: id })) {
    for (const event of events.filter((one) => one.id > last)) {
      last = event.id;
      if (options.json) printEvent(event);
      const at = new Date(event.at).toISOString().replace('T', ' ').slice(0, 19);
      const lines = options.json ? [] : teller.hear(event).map(({ text }) => `${at}  ${text}`);
      if (lines.length > 0) print(lines.join('\n'));
      isAny ||= lines.length > 0;
    }
    // What happened at its very end is read once more.
    if (!options.follow || signal.aborted || (!isRunning && isLast)) break;
    isLast = !isRunning;
    isRunning = (await answer('status', { folder })).isRunning;
    if (isRunning) await delay(lookMs, undefined, { signal }).catch(() => undefined);
  }
  if (!isAny && restored === null && !options.json) print(`Nothing has happened to ${key} yet.`);
}
