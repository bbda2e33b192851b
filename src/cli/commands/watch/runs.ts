import { Command } from 'commander';
import type { ListedRun } from '../../../engine/verbs/looking/runs.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder } from '../../folder.ts';
import { wholeNumber } from '../../options.ts';
import { print, printJson, table } from '../../output.ts';
import { formatDuration } from '../../../report/duration.ts';

const usualLimit = 20;

export function runsCommand(): Command {
  return withFolder(
    new Command('runs')
      .summary('list past runs')
      .description(
        'Lists runs, newest first: id, start, duration, units, cost, outcome and exit code. "backlog report <run>" and "backlog status --run <run>" show one.',
      ),
  )
    .option('-n, --limit <n>', `at most this many (default: ${usualLimit})`, wholeNumber('--limit'))
    .option('--json', 'print them as JSON')
    .action(
      async (named: string | undefined, options: FolderOptions & { readonly limit?: number; readonly json?: true }) => {
        const { limit = usualLimit } = options;
        const { runs } = await answer('runs', { folder: specsFolder(options, named), limit });
        if (options.json) return printJson('runs', { runs });
        if (runs.length === 0) return print('Nothing has run here yet.');
        const rows = runs.map((run) => [
          run.id,
          localTime(run.startedAt),
          run.durationMs === null ? '' : formatDuration(run.durationMs),
          describeCounts(run),
          run.costUsd === null ? 'cost unknown' : `$${run.costUsd.toFixed(2)}`,
          describeEnd(run),
        ]);
        print(table(rows).join('\n'));
      },
    );
}

/** Formats a time in the local time zone: `2026-11-28 17:20`. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `4 of 5 landed, 1 failed` */
export function describeCounts({ units }: ListedRun): string {
  const failures = units.failed > 0 ? `, ${units.failed} failed` : '';
  return units.units === 0 ? 'no unit tried' : `${units.landed} of ${units.units} landed${failures}`;
}

/** How a run ended: `units-failed, exit 1`. */
export function describeEnd({ outcome, exitCode, isRunning }: ListedRun): string {
  if (isRunning) return 'running';
  return `${outcome ?? 'no outcome recorded'}${exitCode === null ? '' : `, exit ${exitCode}`}`;
}
