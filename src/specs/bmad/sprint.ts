import { z } from 'zod';
import type { Mark } from '../format/mark.ts';
import { statusMark } from '../format/status-mark.ts';
import { stateNamed } from '../format/statuses.ts';
import { parseYaml } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import { nameOf } from './places.ts';

/** What `sprint-status.yaml` says of a story. */
export interface Tracked {
  readonly status: string;
  readonly mark: Mark | null;
}

/** The status of a story in `sprint-status.yaml`, by its file's name, else by its number; null without one. */
export function readTracked(
  sprint: Source | undefined,
  file: string,
  number: string | null,
  of: string,
): Tracked | null {
  if (sprint === undefined) return null;
  const bom = sprint.text.startsWith('\uFEFF') ? 1 : 0;
  const { value, places } = parseYaml({ source: sprint, yaml: sprint.text.slice(bom), yamlOffset: bom, schema });
  const entry = entryOf(value?.development_status ?? {}, file, number);
  if (entry === null) return null;
  const { key, path, status } = entry;
  const isDone = stateNamed(status) === 'done';
  const statuses = { done: 'done', open: 'ready-for-dev' };
  const meaning = { isDone, of: `${of} (${nameOf(sprint.file)})`, statuses };
  return { status, mark: statusMark(sprint, places, meaning, ['development_status', key, ...path]) };
}

const schema = z.object({ development_status: z.record(z.string(), z.unknown()) });

interface Entry {
  readonly key: string;
  /** The keys below it that lead to the status. */
  readonly path: readonly string[];
  readonly status: string;
}

function entryOf(all: Readonly<Record<string, unknown>>, file: string, number: string | null): Entry | null {
  const entries = Object.entries(all).flatMap(([key, value]): Entry[] => {
    const isNested = typeof value === 'object' && value !== null && 'status' in value;
    const status: unknown = isNested ? value.status : value;
    return typeof status === 'string' ? [{ key, path: isNested ? ['status'] : [], status }] : [];
  });
  const name = nameOf(file)
    .replace(/(?:\.story)?\.md$/i, '')
    .toLowerCase();
  const own = entries.findLast(({ key }) => key.toLowerCase() === name);
  if (own !== undefined || number === null) return own ?? null;
  const start = number.toLowerCase().replace('.', '-');
  const alike = entries.filter(({ key }) => key.toLowerCase() === start || key.toLowerCase().startsWith(`${start}-`));
  return alike.length === 1 ? (alike[0] ?? null) : null;
}
