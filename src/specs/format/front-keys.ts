import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { parseYaml } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import { near } from '../../util/text/suggest.ts';
import type { YamlPlaces } from '../text/yaml-places.ts';
import { stateNamed, type State } from './statuses.ts';
import { knownUnitKeys, type UnitKeys, unitKeysSchema } from './unit-keys.ts';

/*
 * The keys of a unit in YAML, beside those of other tools. What they say of a state, of dependencies and of priorities counts.
 */

/** The keys of a unit. */
export interface FrontKeys {
  readonly keys: UnitKeys;
  /** What its status says; null without one. */
  readonly state: State | null;
  readonly isParallel: boolean;
  /** True if it names other units that touch the same files. */
  readonly hasConflicts: boolean;
  readonly diagnostics: readonly SpecDiagnostic[];
  readonly where: (path: readonly (string | number)[]) => Partial<SpecDiagnostic>;
  readonly places: YamlPlaces;
}

/** Names of other tools for `depends`. */
const dependencyKeys = [
  'depends_on',
  'dependencies',
  'depends-on',
  'dependsOn',
  'blocked_by',
  'blocked-by',
  'blockedBy',
];
const conflictKeys = ['conflicts_with', 'conflicts-with', 'conflictsWith'];
const honoured: ReadonlySet<string> = new Set(['status', 'parallel', ...dependencyKeys, ...conflictKeys]);

/** Priorities in words, as numbers of ours. */
const priorities: ReadonlyMap<string, number> = new Map([
  ...['critical', 'urgent', 'highest', 'p0'].map((word) => [word, 2] as const),
  ...['high', 'p1'].map((word) => [word, 1] as const),
  ...['medium', 'normal', 'moderate', 'p2'].map((word) => [word, 0] as const),
  ...['low', 'p3'].map((word) => [word, -1] as const),
  ...['lowest', 'trivial', 'p4'].map((word) => [word, -2] as const),
]);

/**
 * Reads the keys. A key that is nearly one of ours is an error; other unknown ones are a warning together. With `isForeign`, the
 * file belongs to another tool, so unknown keys and values mean nothing.
 */
export function readFrontKeys(options: {
  readonly source: Source;
  readonly yaml: string;
  readonly yamlOffset: number;
  readonly isForeign: boolean;
}): FrontKeys {
  const { source, isForeign } = options;
  let values: ReadonlyMap<string, unknown> = new Map();
  const prepare = (data: unknown): unknown => {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return isForeign ? {} : data;
    values = new Map(Object.entries(data));
    const kept = [...values].filter(([key]) => !isIgnored(key, isForeign));
    const ours = kept.map(([key, value]) => [key, key === 'priority' ? priorityOf(value) : value] as const);
    return Object.fromEntries(isForeign ? ours.filter(([key, value]) => isValid(key, value)) : ours);
  };
  const parsed = parseYaml({ ...options, schema: unitKeysSchema, prepare });
  const said = dependencyKeys.find((key) => values.has(key));
  const depends = said === undefined ? [] : textsIn(values.get(said));
  const own = parsed.value ?? {};
  const foreign = [...values.keys()].filter((key) => isIgnored(key, false) && !honoured.has(key));
  const status = textsIn(values.get('status'))[0];
  return {
    keys: own.depends === undefined && depends.length > 0 ? { ...own, depends } : own,
    state: status === undefined ? null : stateNamed(status),
    isParallel: values.get('parallel') === true,
    hasConflicts: conflictKeys.some((key) => textsIn(values.get(key)).length > 0),
    diagnostics: [
      ...parsed.diagnostics,
      ...(isForeign || foreign.length === 0 ? [] : [foreignKeys(source, foreign, parsed.whereKey([foreign[0] ?? '']))]),
    ],
    where: ([first, ...rest]) =>
      parsed.where([first === 'depends' && own.depends === undefined ? (said ?? first) : (first ?? ''), ...rest]),
    places: parsed.places,
  };
}

/** True for a key that is not validated. */
function isIgnored(key: string, isForeign: boolean): boolean {
  if (honoured.has(key)) return true;
  return !knownUnitKeys.includes(key) && (isForeign || near(key, knownUnitKeys) === null);
}

function isValid(key: string, value: unknown): boolean {
  return unitKeysSchema.safeParse({ [key]: value }).success;
}

function priorityOf(value: unknown): unknown {
  return typeof value === 'string' ? (priorities.get(value.trim().toLowerCase()) ?? value) : value;
}

/** The texts of a list, or of one text with commas. */
function textsIn(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return all
    .flatMap((one) => (typeof one === 'string' || typeof one === 'number' ? [String(one).trim()] : []))
    .filter((text) => text !== '' && !/^(?:none|n\/a|null|-)$/i.test(text));
}

function foreignKeys(source: Source, keys: readonly string[], place: Partial<SpecDiagnostic>): SpecDiagnostic {
  const shown = keys.slice(0, 20).map((key) => JSON.stringify(key));
  const more = keys.length > shown.length ? ` and ${keys.length - shown.length} more` : '';
  return {
    severity: 'warning',
    code: 'foreign-key',
    message: `nothing here reads ${keys.length === 1 ? 'the key' : 'the keys'} ${shown.join(', ')}${more}`,
    hint: `Leave them to the tool that does. Keys of a unit are: ${knownUnitKeys.join(', ')}.`,
    file: source.file,
    ...place,
  };
}
