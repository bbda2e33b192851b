import type { RunId } from '../../../model/ids.ts';
import { refused } from '../../../model/refusal.ts';
import type { Database } from '../../../queue/database.ts';
import { readRuns, type RunRow } from '../../../queue/runs.ts';

/** The run that a person means by its id, or by a beginning of it that fits one run only; `null` means the newest. */
export function findRun(database: Database, folder: string, name: string | null): RunRow {
  const runs = readRuns(database);
  const fits = name === null ? runs.slice(0, 1) : runs.filter(({ id }) => name !== '' && id.startsWith(name));
  const exact = runs.find(({ id }) => id === (name as RunId | null));
  const found = exact ?? (fits.length === 1 ? fits[0] : undefined);
  if (found) return found;
  if (name === null) throw refused('no-run', { folder });
  if (fits.length > 1) throw refused('ambiguous-run', { name, count: fits.length });
  throw refused('unknown-run', { name });
}
