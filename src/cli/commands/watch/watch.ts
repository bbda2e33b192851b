import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import type { LiveRun } from '../../../engine/verbs/looking/live.ts';
import { InputError } from '../../../model/diagnostic.ts';
import { span } from '../../../report/line.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, type SpecsChoice, specsFolder, typedFor, withFolder } from '../../folder.ts';
import { lookOf, print, printEvent, printLine } from '../../output.ts';
import { interruptible } from '../../signals.ts';
import { describeEnd } from './runs.ts';

interface Options extends FolderOptions {
  readonly verbose?: true;
  readonly json?: true;
}

/** Milliseconds between looks. */
const lookMs = 250;
/** Looks for a report, which a run writes after it has ended. */
const reportLooks = 40;

export function watchCommand(): Command {
  return withFolder(
    new Command('watch')
      .summary('follow the active run')
      .description(
        'Shows the run that another process executes as "backlog run" itself does, from now to its end: a live view on a terminal, otherwise a line for each event. Leaving it (q, Ctrl-C) does not stop the run.',
      ),
  )
    .option('-v, --verbose', 'show what agents say and do')
    .option('--json', 'print all its events as JSON lines')
    .action(async (named: string | undefined, options: Options) => {
      const folder = specsFolder(options, named);
      await interruptible(async (signal) => follow(folder, options, signal));
    });
}

/** Follows the newest run to its end. */
async function follow(folder: SpecsChoice, options: Options, signal: AbortSignal): Promise<void> {
  const left = new AbortController();
  const ends = AbortSignal.any([signal, left.signal]);
  const first = await answer('live', { folder, run: null, after: 0, isKnown: false });
  const { id } = first.run;
  if (!first.isRunning && !options.json) {
    const { run } = await answer('run-status', { folder, run: id });
    print(`No run is active. The latest, ${id}, ended: ${describeEnd(run)}.`);
    return;
  }
  const hear = await listener(folder, options, () => left.abort());
  try {
    let [seen, after] = [first, 0];
    // What happened before is known at once; what happens from now on is told.
    for (let isPast = true; ; isPast = isPast && seen.hasMore) {
      for (const event of seen.events) {
        after = event.id;
        hear.event(event, isPast);
      }
      if (!seen.hasMore) {
        if (!seen.isRunning || ends.aborted) break;
        await delay(lookMs, undefined, { signal: ends }).catch(() => undefined);
      }
      seen = await answer('live', { folder, run: id, after, isKnown: false });
    }
  } finally {
    hear.close();
  }
  if (ends.aborted || options.json) return;
  await tellEnd(folder, id, signal);
}

interface Listener {
  /** `isPast`: it happened before anybody looked. */
  readonly event: (event: LiveRun['events'][number], isPast: boolean) => void;
  readonly close: () => void;
}

async function listener(folder: SpecsChoice, options: Options, leave: () => void): Promise<Listener> {
  if (options.json) return { event: (event) => printEvent(event), close: () => {} };
  const [{ canShowLive }, { Live }, { actsOn }, { reporters, Teller }, { emptyRunState }, { clockTime }] =
    await Promise.all([
      import('../../progress.ts'),
      import('../../live/live.ts'),
      import('../../live/acts.ts'),
      import('../../../report/reporters.ts'),
      import('../../../report/run-state.ts'),
      import('../../../report/live/outlook.ts'),
    ]);
  const isVerbose = options.verbose === true;
  if (canShowLive()) {
    const live = new Live(actsOn(folder, { quit: leave, drain: null }), { isVerbose });
    return { event: (event, isPast) => (isPast ? live.know(event) : live.hear(event)), close: () => live.close() };
  }
  const teller = new Teller(reporters.ofEvents('progress'), emptyRunState(), { isVerbose });
  return {
    event: (event, isPast) => {
      const lines = teller.hear(event);
      if (!isPast) for (const line of lines) printLine([span(`${clockTime(event.at)}  `, 'dim'), line]);
    },
    close: () => {},
  };
}

/** Tells how a run ended, as the run itself does. */
async function tellEnd(folder: SpecsChoice, run: string, signal: AbortSignal): Promise<void> {
  for (let look = 0; look < reportLooks && !signal.aborted; look++) {
    try {
      const { report } = await answer('report', { folder, run });
      const [{ accountLines }, { mergeIn }] = await Promise.all([
        import('../../../report/account-lines.ts'),
        import('../../../report/account.ts'),
      ]);
      const { command } = typedFor(folder);
      const said = { command, merge: mergeIn(report.next) === null ? null : command('merge') };
      for (const line of accountLines(report, said, lookOf(process.stdout))) printLine(line);
      return;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      await delay(lookMs);
    }
  }
  const { run: row } = await answer('run-status', { folder, run });
  print(`Run ${run} ended: ${describeEnd(row)}.`);
}
