import { z } from 'zod';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import type { Mark } from '../format/mark.ts';
import { statusMark } from '../format/status-mark.ts';
import { stateNamed, type State } from '../format/statuses.ts';
import { parseYaml } from '../text/front-matter.ts';
import { oncePerText } from '../text/once-per-text.ts';
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
  const { places, byKey, byStart } = entriesIn(sprint);
  const entry = entryOf({ byKey, byStart }, file, number);
  if (entry === null) return null;
  const { key, path, status } = entry;
  const isDone = stateNamed(status) === 'done';
  const statuses = { done: 'done', open: 'ready-for-dev' };
  const meaning = { isDone, of: `${of} (${nameOf(sprint.file)})`, statuses };
  return { status, mark: statusMark(sprint, places, meaning, ['development_status', key, ...path]) };
}

/** The state of a story by what its own file says, null if nothing, and by its tracker. */
export function stateIn(
  sprint: Source | undefined,
  own: State | null,
  tracked: Tracked | null,
): { readonly state: State; readonly isTorn: boolean; readonly isUnknown: boolean } {
  const inSprint = tracked === null ? 'open' : stateNamed(tracked.status);
  // Where they disagree, nobody can tell: it is neither done nor worked on.
  const isTorn = own !== null && tracked !== null && (own === 'done') !== (inSprint === 'done');
  const isUnknown = own === null && problemOf(sprint).length > 0;
  if (isTorn) return { state: { hold: 'is done in one place and open in another' }, isTorn, isUnknown };
  const unknown = { hold: `has no status of its own, and ${nameOf(sprint?.file ?? '')} cannot be read` };
  return { state: isUnknown ? unknown : (own ?? inSprint), isTorn, isUnknown };
}

/** What is wrong with a tracker that cannot be read; the statuses in it count for nothing then. */
export function problemOf(sprint: Source | undefined): readonly SpecDiagnostic[] {
  const problem = sprint === undefined ? null : entriesIn(sprint).problem;
  return problem === null ? [] : [{ ...problem, severity: 'warning' }];
}

interface Entry {
  readonly key: string;
  /** The keys below it that lead to the status. */
  readonly path: readonly string[];
  readonly status: string;
}

interface Entries {
  /** By their keys in lower case. */
  readonly byKey: ReadonlyMap<string, Entry>;
  /** By the beginnings of those, up to each of the first hyphens. */
  readonly byStart: ReadonlyMap<string, readonly Entry[]>;
}

function entryOf({ byKey, byStart }: Entries, file: string, number: string | null): Entry | null {
  const name = nameOf(file)
    .replace(/(?:\.story)?\.md$/i, '')
    .toLowerCase();
  const own = byKey.get(name);
  if (own !== undefined || number === null) return own ?? null;
  const alike = byStart.get(number.toLowerCase().replace('.', '-')) ?? [];
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

const schema = z.object({ development_status: z.record(z.string(), z.unknown()) });

/** The entries of a file with their places; none of one that cannot be read. */
const entriesIn = oncePerText((sprint) => {
  const bom = sprint.text.startsWith('\uFEFF') ? 1 : 0;
  const { value, data, diagnostics, places } = parseYaml({
    ...{ source: sprint, yaml: sprint.text.slice(bom), yamlOffset: bom, isFile: true, schema },
  });
  const entries = Object.entries(value?.development_status ?? {}).flatMap(([key, said]): Entry[] => {
    const isNested = typeof said === 'object' && said !== null && 'status' in said;
    const status: unknown = isNested ? said.status : said;
    return typeof status === 'string' ? [{ key, path: isNested ? ['status'] : [], status }] : [];
  });
  const byKey = new Map(entries.map((entry) => [entry.key.toLowerCase(), entry]));
  const byStart = new Map<string, Entry[]>();
  for (const entry of entries) {
    for (const start of startsOf(entry.key.toLowerCase())) {
      const alike = byStart.get(start);
      if (alike) alike.push(entry);
      else byStart.set(start, [entry]);
    }
  }
  // Another file may have this name, without an entry.
  return { places, byKey, byStart, problem: data === null ? (diagnostics[0] ?? null) : null };
});

/** `1`, `1-2` and `1-2-login` of `1-2-login-page`. */
function startsOf(key: string): string[] {
  const words = key.split('-', 4);
  return words.flatMap((_word, index) => (index === 3 ? [] : words.slice(0, index + 1).join('-')));
}
