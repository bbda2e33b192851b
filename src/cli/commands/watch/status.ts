import { Command, Option } from 'commander';
import { exitCodes } from '../../../model/exit-code.ts';
import { formatUsd, possiblyMore } from '../../../model/money.ts';
import type { Status } from '../../../engine/verbs/looking/status.ts';
import type { Line } from '../../../report/line.ts';
import type { Spending } from '../../../queue/budget.ts';
import { answer } from '../../answer.ts';
import { type FormatOptions, type SpecsChoice, specsFolder, typedFor, withFolder, withFormat } from '../../folder.ts';
import { lookOf, print, printJson, printLine } from '../../output.ts';
import { plural } from '../../../util/text/plural.ts';
import { describeCounts, describeEnd, localTime } from './runs.ts';
import { formatDuration } from '../../../report/duration.ts';

interface Options extends FormatOptions {
  readonly run?: string;
  readonly drift?: true;
  readonly json?: true;
}

export function statusCommand(): Command {
  return withFormat(
    withFolder(
      new Command('status')
        .summary('show the current state')
        .description(
          'Shows whether a run is active, how far it is and what it works on (as its live view does, once), how many units are in each state, and what needs you, with the command that goes on. It shows the queue as it is: "backlog list" and runs bring it up to date. With --drift, it tells of each unit where its ticks, the queue and what landed disagree, and what to do.',
        ),
    ),
  )
    .option('--run <run>', 'show a past run: its id, or the start of it')
    .addOption(
      new Option(
        '--drift',
        'compare each unit: its ticks in the working tree and on the branch, the queue, and what landed',
      ).conflicts('run'),
    )
    .option('--json', 'print the status as JSON')
    .action(async (named: string | undefined, options: Options) => {
      if (options.drift) return showDrift(specsFolder(options, named), options);
      if (options.run !== undefined) return showPastRun(options.run, specsFolder(options, named), options);
      const folder = specsFolder(options, named);
      const status = await answer('status', { folder });
      if (options.json) return printJson('status', status);
      const run = status.latestRun;
      if (status.isRunning)
        print(
          `A run is active${run ? `: ${run.id}, landing on ${run.branch}, ${describeSpending(status.spending)}` : ''}.`,
        );
      else if (run) print(`No run is active. The latest, ${run.id}, ended: ${run.outcome ?? 'no outcome recorded'}.`);
      else print('No runs yet.');
      for (const line of handedOver(status)) print(line);
      const counts = Object.entries(status.counts).map(([state, count]) => `${count} ${state}`);
      print(counts.join(', ') || 'no units');
      for (const line of status.isRunning ? await stillOf(folder) : []) printLine(line);
      for (const line of await waitingLines(folder, status.needAttention)) printLine(line);
      if (status.openRequests > 0) print(`${plural(status.openRequests, 'request')} not applied yet.`);
      const older = status.isCurrent === null ? 'may be older' : 'is older';
      if (status.isCurrent !== true)
        print(`The queue ${older} than the specs, the branch or the last run; "backlog list" brings it up to date.`);
    });
}

/** What the last run left for whoever goes on. */
function handedOver({ handOff, latestRun }: Status): string[] {
  if (handOff === null || handOff.run !== latestRun?.id) return [];
  return [
    `It stopped at ${localTime(handOff.endedAt)} with ${handOff.stopped}.`,
    ...handOff.notes.map(({ key, text }) => `  ${key} noted: ${text.replaceAll('\n', ' ')}`),
  ];
}

/** The live view of the active run, as it is now; nothing if it has ended meanwhile. */
async function stillOf(folder: SpecsChoice): Promise<readonly Line[]> {
  const [{ liveLines, nothingChosen }, { nothingKnown }, { reduce }, { emptyRunState }] = await Promise.all([
    import('../../../report/live/view.ts'),
    import('../../../report/live/known.ts'),
    import('../../../report/reduce.ts'),
    import('../../../report/run-state.ts'),
  ]);
  let seen = await answer('live', { folder, run: null, after: 0, isKnown: true });
  const { known } = seen;
  let state = seen.events.reduce(reduce, emptyRunState());
  while (seen.hasMore) {
    seen = await answer('live', { folder, run: seen.run.id, after: state.lastId, isKnown: false });
    state = seen.events.reduce(reduce, state);
  }
  if (!seen.isRunning) return [];
  // All running units have a place.
  const look = { ...lookOf(process.stdout), rows: state.busy.length + 20, now: Date.now(), keys: '' };
  return ['', ...liveLines(state, known ?? nothingKnown, nothingChosen, look), ''].map((line) =>
    typeof line === 'string' ? [] : line,
  );
}

async function waitingLines(folder: SpecsChoice, units: Status['needAttention']): Promise<readonly Line[]> {
  if (units.length === 0) return [];
  const [{ itemsLines }, { waitingOf }] = await Promise.all([
    import('../../../report/account-lines.ts'),
    import('../../../report/account.ts'),
  ]);
  return itemsLines(waitingOf(units, { command: typedFor(folder).command }), lookOf(process.stdout));
}

async function showDrift(folder: SpecsChoice, options: Options): Promise<void> {
  const result = await answer('drift', { folder });
  const { branch, isRunning, hasQueue, drifts } = result;
  const count = drifts.filter(({ weight }) => weight === 'drift').length;
  if (count > 0) process.exitCode = exitCodes['units-failed'];
  if (options.json) return printJson('drift', result);
  if (isRunning) print('A run is active: what it is landing just now may be among these.');
  if (!hasQueue) print('There is no queue yet: only ticks and landings are compared.');
  for (const weight of ['drift', 'note'] as const)
    for (const one of drifts.filter((it) => it.weight === weight)) {
      print(`${weight} ${one.key}: ${one.says}`);
      print(`      ${one.remedy}`);
    }
  const notes = drifts.length - count;
  const rest = notes === 0 ? '' : `, and ${plural(notes, 'note')}`;
  print(count === 0 ? `Nothing drifts on ${branch}${rest}.` : `${plural(count, 'drift')} on ${branch}${rest}.`);
}

async function showPastRun(name: string, folder: SpecsChoice, options: Options): Promise<void> {
  const { run } = await answer('run-status', { folder, run: name });
  if (options.json) return printJson('run-status', { run });
  const cost = run.costUsd === null ? 'cost unknown' : `$${run.costUsd.toFixed(2)}`;
  const took = run.durationMs === null ? '' : ` after ${formatDuration(run.durationMs)}`;
  print(`${run.id}, started ${localTime(run.startedAt)}, onto ${run.branch}`);
  print(`${describeEnd(run)}${took}: ${describeCounts(run)}, ${cost}`);
  print(`See "backlog report ${run.id}" and "backlog costs --run ${run.id}".`);
}

/** `spent $1.20, possibly $0.30 more, $0.50 reserved for reviews`. */
function describeSpending(spending: Spending | null): string {
  const { spentMicroUsd = 0, possibleMicroUsd = 0, heldMicroUsd = 0 } = spending ?? {};
  const held = heldMicroUsd > 0 ? `, ${formatUsd(heldMicroUsd)} reserved for reviews` : '';
  return `spent ${formatUsd(spentMicroUsd)}${possiblyMore(possibleMicroUsd)}${held}`;
}
