import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { idFromKey } from '../../model/ids.ts';
import { sha256 } from '../../util/values/hash.ts';
import type { Expanded } from './for-each.ts';

/**
 * Gives units with the same key ids of their own. If several of them are open, nobody can tell which is meant, so none of
 * those can run, and each says where another is. Done ones make way for an open one.
 */
export function apart(expanded: readonly Expanded[]): Expanded[] {
  const groups = new Map<string, Group>();
  for (const [id, same] of Map.groupBy(expanded, ({ key }) => idFromKey(key))) groups.set(id, groupOf(same));
  const taken = new Set<string>(groups.keys());
  return expanded.map((entry): Expanded => {
    const group = groups.get(idFromKey(entry.key));
    if (group === undefined || group.same.length === 1) return entry;
    const isUnclear = group.isUnclear && !entry.draft.isDone;
    const [first = entry, second = entry] = isUnclear ? group.open : group.same;
    const problem = duplicate(entry, entry === first ? second : first, isUnclear);
    const { draft } = entry;
    const told = { ...draft, problems: [...draft.problems, problem] };
    if (entry === group.holder) return isUnclear ? { ...entry, draft: told } : entry;
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
  readonly open: readonly Expanded[];
  readonly holder: Expanded | undefined;
  /** True if several are open. */
  readonly isUnclear: boolean;
}

function groupOf(same: readonly Expanded[]): Group {
  const open = same.filter(({ draft }) => !draft.isDone);
  return { same, open, holder: open[0] ?? same[0], isUnclear: open.length > 1 };
}

function duplicate({ key, draft }: Expanded, other: Expanded, isError: boolean): SpecDiagnostic {
  const isExact = key === other.key;
  const place = `${other.draft.file}:${other.draft.line}`;
  return {
    severity: isError ? 'error' : 'warning',
    code: isExact ? 'duplicate-key' : 'key-case',
    message: isExact
      ? `"${key}" is the key of two units; the other is at ${place}`
      : `"${key}" differs only in case from "${other.key}" at ${place}`,
    hint: 'Give one of them another key (case makes no difference).',
    file: draft.file,
    line: draft.line,
    column: 1,
    ...(draft.isKeyExplicit ? draft.where(['id']) : {}),
  };
}
