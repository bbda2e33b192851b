import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { idFromKey } from '../../model/ids.ts';
import { sha256 } from '../../util/values/hash.ts';
import type { Expanded } from './for-each.ts';

/**
 * Gives units with the same key ids of their own. If several of them are open, nobody can tell which is meant, so none of
 * those can run, and each says where another is. Done ones make way for an open one.
 */
export function apart(expanded: readonly Expanded[]): Expanded[] {
  const groups = Map.groupBy(expanded, ({ key }) => idFromKey(key));
  return expanded.map((entry): Expanded => {
    const same = groups.get(idFromKey(entry.key)) ?? [];
    if (same.length === 1) return entry;
    const open = same.filter(({ draft }) => !draft.isDone);
    const [holder = same[0]] = open;
    const isOpen = !entry.draft.isDone;
    const other = (isOpen && open.length > 1 ? open : same).find((one) => one !== entry);
    const problem = other === undefined ? null : duplicate(entry, other, isOpen && open.length > 1);
    const { draft } = entry;
    const told = problem === null ? draft : { ...draft, problems: [...draft.problems, problem] };
    if (entry === holder) return isOpen && open.length > 1 ? { ...entry, draft: told } : entry;
    return {
      ...entry,
      draft: told,
      key: `${entry.key}~${sha256(`${draft.file}\n${draft.title}\n${draft.line}`).slice(0, 6)}`,
    };
  });
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
