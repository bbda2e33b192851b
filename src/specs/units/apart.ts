import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { idFromKey } from '../../model/ids.ts';
import { sha256 } from '../../util/values/hash.ts';
import { criteriaHash } from '../format/draft.ts';
import { fold } from '../text/markdown.ts';
import type { Expanded } from './for-each.ts';

/**
 * Gives units with the same key ids of their own. An open one that its author wrote a second time, where it is done, is held:
 * it is one task, as after a merge. If several others are open, nobody can tell which is meant, so none of those can run, and
 * each says where another is. Done ones make way for an open one.
 */
export function apart(expanded: readonly Expanded[]): Expanded[] {
  const groups = new Map<string, Group>();
  for (const [id, same] of Map.groupBy(expanded, ({ key }) => idFromKey(key))) groups.set(id, groupOf(same));
  const taken = new Set<string>(groups.keys());
  return expanded.map((entry): Expanded => {
    const group = groups.get(idFromKey(entry.key));
    if (group === undefined || group.same.length === 1) return entry;
    const { draft } = entry;
    const twin = group.twins.get(entry);
    if (twin !== undefined) {
      const hold = draft.hold ?? `is done in ${placeOf(twin)}`;
      const problems = [...draft.problems, doneElsewhere(entry, twin)];
      return { ...entry, draft: { ...draft, hold, problems }, key: ownKey(entry, taken) };
    }
    const isUnclear = group.open.length > 1 && !draft.isDone;
    const [first = entry, second = entry] = isUnclear ? group.open : group.same;
    const problem = duplicate(entry, entry === first ? second : first, isUnclear);
    const told = { ...draft, problems: [...draft.problems, problem] };
    if (entry === group.holder) return { ...entry, ...group.again, ...(isUnclear ? { draft: told } : {}) };
    return { ...entry, draft: told, key: ownKey(entry, taken) };
  });
}

/** A key whose id no other unit has, from the unit's place and title; adds that id to `taken`. */
function ownKey({ key, draft: { file, title, line } }: Expanded, taken: Set<string>): string {
  for (let count = 0; ; count++) {
    const place = [file, title, line, ...(count === 0 ? [] : [count])].join('\n');
    const own = `${key}~${sha256(place).slice(0, 6)}`;
    if (taken.has(idFromKey(own))) continue;
    taken.add(idFromKey(own));
    return own;
  }
}

/** Units with the same key; the holder keeps it. */
interface Group {
  readonly same: readonly Expanded[];
  /** The open ones that are no twins. */
  readonly open: readonly Expanded[];
  /** Open ones that are done elsewhere, with where. */
  readonly twins: ReadonlyMap<Expanded, Expanded>;
  readonly holder: Expanded | undefined;
  readonly again: Pick<Expanded, 'doneTwins'>;
}

function groupOf(same: readonly Expanded[]): Group {
  const done = same.filter(({ draft }) => draft.isDone);
  const known = new Map(done.toReversed().flatMap((one) => contentsOf(one).map((content) => [content, one] as const)));
  const twins = new Map<Expanded, Expanded>();
  for (const one of done.length === same.length ? [] : same) {
    const twin = contentsOf(one).flatMap((content) => known.get(content) ?? [])[0];
    if (!one.draft.isDone && twin !== undefined) twins.set(one, twin);
  }
  const open = same.filter((one) => !one.draft.isDone && !twins.has(one));
  const holder = open[0] ?? done[0] ?? same[0];
  const doneTwins = holder === undefined ? 0 : done.filter((one) => one !== holder && isAlike(one, holder)).length;
  return { same, open, twins, holder, again: doneTwins > 0 ? { doneTwins } : {} };
}

/** True for what only its marks and its place tell from a unit, in the files that this is read from. */
function isAlike({ draft }: Expanded, { draft: { key, criteria, files } }: Expanded): boolean {
  const hashes = [draft.criteria, criteria].map((some) => criteriaHash(some.map(({ criterion }) => criterion)));
  return draft.key.toLowerCase() === key.toLowerCase() && hashes[0] === hashes[1] && files.includes(draft.file);
}

/**
 * What makes two units of one key the same task: their title, or their criteria. None where the key was made from the title: a
 * list without keys asks for something again by naming it again.
 */
function contentsOf({ draft: { isKeyExplicit, title, criteria }, forEachFile }: Expanded): readonly string[] {
  if (!isKeyExplicit || forEachFile !== null) return [];
  const asked = criteria.length === 0 ? [] : [`asks ${criteriaHash(criteria.map(({ criterion }) => criterion))}`];
  return [`is called ${fold(title).toLowerCase()}`, ...asked];
}

function placeOf({ draft: { file, line } }: Expanded): string {
  return `${file}:${line}`;
}

function doneElsewhere(entry: Expanded, twin: Expanded): SpecDiagnostic {
  return {
    severity: 'warning',
    code: 'duplicate-key',
    message: `"${entry.key}" is open here, and done at ${placeOf(twin)}`,
    hint: 'Remove the one that is wrong. Until then, it is held back.',
    ...at(entry),
  };
}

function duplicate(entry: Expanded, other: Expanded, isError: boolean): SpecDiagnostic {
  const { key } = entry;
  const isExact = key === other.key;
  return {
    severity: isError ? 'error' : 'warning',
    code: isExact ? 'duplicate-key' : 'key-case',
    message: isExact
      ? `"${key}" is the key of two units; the other is at ${placeOf(other)}`
      : `"${key}" differs only in case from "${other.key}" at ${placeOf(other)}`,
    hint: 'Give one of them another key (case makes no difference).',
    ...at(entry),
  };
}

function at({ draft }: Expanded): Pick<SpecDiagnostic, 'file' | 'line' | 'column'> {
  return { file: draft.file, line: draft.line, column: 1, ...(draft.isKeyExplicit ? draft.where(['id']) : {}) };
}
