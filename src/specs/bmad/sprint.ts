import { z } from 'zod';
import { parseYaml } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import { nameOf } from './places.ts';

/** The status of a story in `sprint-status.yaml`, by its file's name, else by its number; null without one. */
export function trackedStatus(sprint: Source | undefined, file: string, number: string | null): string | null {
  if (sprint === undefined) return null;
  const entries = entriesOf(sprint);
  const name = nameOf(file)
    .replace(/(?:\.story)?\.md$/i, '')
    .toLowerCase();
  const own = entries.get(name);
  if (own !== undefined || number === null) return own ?? null;
  const start = number.toLowerCase().replace('.', '-');
  const alike = [...entries].filter(([key]) => key === start || key.startsWith(`${start}-`));
  return alike.length === 1 ? (alike[0]?.[1] ?? null) : null;
}

const schema = z.object({ development_status: z.record(z.string(), z.unknown()) });

/** The statuses of stories by their keys in lower case; empty for a file that cannot be read. */
function entriesOf(source: Source): Map<string, string> {
  const yaml = source.text.replace(/^\uFEFF/, '');
  const { value } = parseYaml({ source, yaml, yamlOffset: 0, schema });
  return new Map(
    Object.entries(value?.development_status ?? {}).flatMap(([key, entry]) => {
      const status: unknown = typeof entry === 'object' && entry !== null && 'status' in entry ? entry.status : entry;
      return typeof status === 'string' ? [[key.toLowerCase(), status] as const] : [];
    }),
  );
}
